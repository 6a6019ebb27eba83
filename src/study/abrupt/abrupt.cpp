// Why is in-context learning learned at once? Reddy (2023): attention with nothing around it, on rows whose labels the context tells. A slow
// phase learns that the answer is one of the context's labels, an abrupt one which; how many classes there are and how they come decides whether
// the network learns the rule or the classes.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "model/network/pairs/content_attention_model.h"
#include "study/abrupt/nested_logits.h"
#include "study/training/pair_study.h"
#include "world/pairs/abrupt_world.h"

namespace manabi::study {
namespace abrupt {
namespace {

const lab::Coordinates kInWeights = {{"question", "class not in the context"}};
const lab::Coordinates kInContext = {{"question", "new classes"}};
const lab::Coordinates kShifted = {{"question", "known classes, next label"}};

constexpr const char* kPrevious = "layer 1: labels to their item";
constexpr const char* kTarget = "layer 2: query to the right label";
constexpr const char* kLabels = "layer 2: query to all labels";
constexpr int64_t kMeasuredRows = 500;  // of the attention
constexpr int64_t kInputWidth = 31, kMostPairs = 8;

const PairTrainingOptions kUsual = {.batch = 128, .lr = 0.01, .questions = 2000};

struct Setting {
  int64_t pairs = 4, labels = 16, classes = 1024, burst = 2;
  double bursty = 1, novel = 0, zipf = 0, noise = 0.1;
  bool distinct = true;

  lab::Coordinates at() const {
    return {{"pairs", std::to_string(pairs)},  {"labels", std::to_string(labels)},    {"classes", std::to_string(classes)},
            {"burst", std::to_string(burst)},  {"bursty", fmt::format("{}", bursty)}, {"novel", fmt::format("{}", novel)},
            {"zipf", fmt::format("{}", zipf)}, {"noise", fmt::format("{}", noise)},   {"distinct", distinct ? "yes" : "no"}};
  }
};

world::AbruptConfig config_of(const lab::Coordinates& at, uint64_t seed) {
  return {.pairs = lab::integer_at(at, "pairs"),
          .labels = lab::integer_at(at, "labels"),
          .classes = lab::integer_at(at, "classes"),
          .input_width = kInputWidth,
          .bursty_share = lab::number_at(at, "bursty"),
          .novel_share = lab::number_at(at, "novel"),
          .burst = lab::integer_at(at, "burst"),
          .distinct_labels = lab::text_at(at, "distinct") == "yes",
          .zipf_exponent = lab::number_at(at, "zipf"),
          .noise = lab::number_at(at, "noise"),
          .most_pairs = kMostPairs,
          .seed = seed};
}

// Novel classes, each shown once, so that exactly one label of the context is right.
world::AbruptConfig in_context(world::AbruptConfig training) {
  training.burst = 1;
  return world::in_context_evaluation(training);
}

class Abrupt final : public PairStudy {
 public:
  explicit Abrupt(Equipment& equipment) : PairStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "abrupt",
        .title = "Why is in-context learning learned at once?",
        .question =
            "Two layers of bare attention see items with labels and then one of the items again. When do they learn to copy its label, when do "
            "they learn the classes by heart, and what happens inside at that moment?",
        .paper =
            "Gautam Reddy (2023): The Mechanistic Basis of Data Dependence and Abrupt Learning in an In-Context Classification Task. ICLR 2024.",
        .link = "https://arxiv.org/abs/2312.03002",
        .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = kUsual;
    if (scale == lab::RunScale::paper) options_.steps = 200'000;
  }

  base::OptionTable options() override { return options_.table(); }

  std::vector<std::string> together() const override { return {"classes", "burst", "bursty", "novel", "zipf", "noise", "distinct", lab::kSeed}; }
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;

 protected:
  std::vector<NetworkSetting> settings() const override;
  int64_t seeds() const override { return 3; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return options_.lr; }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return std::make_shared<world::AbruptWorld>(config_of(at, seed));
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override;
  std::vector<NetworkMetric> further_metrics(const lab::Coordinates&) const override { return {{kPrevious}, {kTarget}, {kLabels}}; }
  std::vector<std::vector<double>> measure_further(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                   const tensor::ParameterBuffer& parameters) const override;

 private:
  lab::RunScale scale_ = lab::RunScale::quick;
  PairTrainingOptions options_ = kUsual;
};

std::vector<NetworkSetting> Abrupt::settings() const {
  const int64_t of_abrupt = scale_ == lab::RunScale::quick ? 0 : 6;  // seeds jump at times of their own
  std::vector<NetworkSetting> all = {{.at = Setting{.burst = 1, .novel = 1}.at(), .part = "abrupt", .seeds = of_abrupt},
                                  {.at = Setting{.classes = 64}.at(), .part = "classes"},
                                  {.at = Setting{}.at(), .part = "classes"}};
  if (scale_ == lab::RunScale::quick) return all;
  const auto add = [&](const std::string& part, const Setting& setting) {
    const auto same = [&](const NetworkSetting& other) { return other.at == setting.at(); };
    if (std::ranges::none_of(all, same)) all.push_back({.at = setting.at(), .part = part});
  };
  for (const int64_t classes : {16, 64, 256, 1024}) {
    add("classes", {.classes = classes, .bursty = 0});
    add("classes", {.classes = classes, .burst = 1});
    add("classes", {.classes = classes});
  }
  for (const double zipf : {0.0, 1.0, 2.0})
    for (const int64_t classes : {256, 1024}) add("frequency", {.classes = classes, .zipf = zipf, .distinct = false});
  add("variation", {.noise = 0.5});
  add("abrupt", {.labels = 4, .burst = 1, .novel = 1});
  all.back().seeds = of_abrupt;
  return all;
}

PairRunPlan Abrupt::plan_of(const lab::Coordinates& at) const {
  const model::ContentAttentionConfig config = {.pairs = lab::integer_at(at, "pairs"),
                                                .input_width = kInputWidth,
                                                .labels = lab::integer_at(at, "labels"),
                                                .positions = 2 * kMostPairs + 1};
  const auto make = [config](tensor::ParameterPlan& plan, const std::vector<PairReplica>& replicas) {
    std::vector<at::Tensor> vectors;
    for (const PairReplica& replica : replicas) {
      const std::span<const float> table = dynamic_cast<const world::AbruptWorld&>(*replica.world).label_vectors();
      vectors.push_back(at::tensor(std::vector<float>(table.begin(), table.end())).view({config.labels, config.input_width}));
    }
    return std::make_unique<model::ContentAttentionModel>(config, at::stack(vectors), plan);
  };
  constexpr double kKeptEachStep = 1 - 1e-6;  // of the parameters
  return {.model = make,
          .model_made_of = model::described(config),
          .optimiser = {.rule = tensor::Rule::sgd, .weight_decay = (1 - kKeptEachStep) / options_.lr},
          .pairs = config.pairs,
          .batch = options_.batch,
          .steps = options_.steps,
          .measured_after = evenly_spaced(options_.steps, 20)};
}

std::vector<PairQuestion> Abrupt::questions(const lab::Coordinates& at, uint64_t seed) const {
  const world::AbruptConfig training = config_of(at, seed);
  const auto ask = [](const lab::Coordinates& name, const world::AbruptConfig& config) {
    return PairQuestion{.at = name, .world = std::make_shared<world::AbruptWorld>(config)};
  };
  world::AbruptConfig once = training;
  once.burst = 1;
  return {ask(kInWeights, world::in_weight_evaluation(training)), ask(kInContext, in_context(training)),
          ask(kShifted, world::shifted_label_evaluation(once))};
}

// On rows of novel classes, which hold the query's class once.
std::vector<std::vector<double>> Abrupt::measure_further(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                         const tensor::ParameterBuffer& parameters) const {
  const c10::NoGradGuard guard;
  const auto& network = dynamic_cast<const model::ContentAttentionModel&>(model);
  learn::PairWorlds worlds;
  for (const lab::Cell& cell : cells)
    worlds.push_back(
        std::make_shared<world::AbruptWorld>(in_context(config_of(cell.at, static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed))))));
  const learn::PairBatch batch = learn::draw_pairs(worlds, 0, 0, kMeasuredRows).to(parameters.values().options());
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  const std::vector<at::Tensor> attention = network.attention(leaves, batch.rows);  // [R, B, T, T]

  const int64_t pairs = network.pairs();
  const at::Tensor items = at::arange(pairs, batch.targets.options()) * 2, labels = items + 1;
  const at::Tensor to_item = attention[0].index({at::indexing::Slice(), at::indexing::Slice(), labels, items}).mean({1, 2});
  const at::Tensor from_query = attention[1].select(2, 2 * pairs).index_select(-1, labels);  // [R, B, K]
  const at::Tensor is_target = batch.rows.labels.eq(batch.targets.unsqueeze(-1)).to(from_query.scalar_type());
  const at::Tensor to_target = (from_query * is_target).sum(-1).mean(1), to_labels = from_query.sum(-1).mean(1);
  std::vector<std::vector<double>> values;
  for (int64_t replica = 0; replica < std::ssize(cells); ++replica)
    values.push_back({to_item[replica].item<double>(), to_target[replica].item<double>(), to_labels[replica].item<double>()});
  return values;
}

std::vector<double> accuracies(const lab::Records& records, const Setting& setting, const lab::Coordinates& question) {
  return lab::complements(lab::last_values(records, {.cell = setting.at(), .metric = kError, .row = question}));
}

struct Statement {
  std::string id, sentence, published, measure;
  std::vector<double> values;
  lab::Direction direction;
  double margin;
};

std::vector<lab::Claim> Abrupt::claims(const lab::Records& records) const {
  using enum lab::Direction;
  const Setting many = {}, few = {.classes = 64}, novel = {.burst = 1, .novel = 1}, skewed = {.zipf = 1, .distinct = false},
                equal = {.labels = 4, .burst = 1, .novel = 1};
  const lab::Measured from_context = {.cell = novel.at(), .metric = kFromContext, .row = kInContext};
  const std::vector<Statement> statements = {
      {"many-classes-give-the-rule", "From many bursty classes the network learns to read new ones off the context.",
       "grows with the number of classes", "accuracy on new classes, 1,024 classes", accuracies(records, many, kInContext), above, 80},
      {"few-classes-give-the-classes", "From few, it does not", "the opposite for few classes", "accuracy on new classes, 64 classes",
       accuracies(records, few, kInContext), below, 50},
      {"and-knows-them", "but knows them by heart.", "in-weight learning for few classes",
       "accuracy without the class in the context, 64 minus 1,024 classes",
       lab::differences(accuracies(records, many, kInWeights), accuracies(records, few, kInWeights)), above, 20},
      {"new-classes-force-the-rule", "Rows of classes that are never seen again force the rule.", "learned whenever new classes are shown",
       "accuracy on new classes, new classes only", accuracies(records, novel, kInContext), above, 80},
      {"answers-come-from-the-context", "Answers are then labels of the context.", "rises in the slow phase",
       "share of answers that are labels of the context", lab::last_values(records, from_context), above, 90},
      {"attention-finds-the-label", "and the second layer attends to the right one.", "jumps with accuracy",
       "attention of the query to the right label", lab::last_values(records, {.cell = novel.at(), .metric = kTarget}), above, 50},
      {"unused-labels-are-needed", "Without labels beside those of the context nothing is learned.", "0 of 6 seeds for L = N",
       "accuracy on new classes, 4 pairs of 4 labels", accuracies(records, equal, kInContext), below, 40},
      {"skew-gives-both", "At a Zipf exponent of 1 both kinds of learning are there: new classes are read off the context",
       "coexistence at exponents near 1", "accuracy on new classes, exponent 1", accuracies(records, skewed, kInContext), above, 50},
  };
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements) {
    lab::Claim claim{.id = statement.id,
                     .sentence = statement.sentence,
                     .source = "section 3 and Figures 2 to 4",
                     .published = statement.published,
                     .measure = statement.measure,
                     .unit = "points",
                     .direction = statement.direction,
                     .margin = statement.margin};
    claim.effect = lab::interval_over_seeds(lab::in_points(statement.values));
    if (!claim.effect) claim.missing = "two seeds of this setting";
    claims.push_back(std::move(claim));
  }
  return claims;
}

lab::Table nested_table() {
  lab::Table table{.title = "Three nested logits",
                   .caption =
                       "Gradient descent (learning rate .02) on three numbers in place of the network: steps until the attention on the right "
                       "label passes one half, and until the loss is below .02.",
                   .columns = {"pairs", "labels", "start", "attends after", "learned after"}};
  const auto text_of = [](int64_t steps) { return steps < 0 ? std::string("never") : std::to_string(steps); };
  for (const auto& [pairs, labels, start] : {std::tuple<int64_t, int64_t, double>{8, 32, .01},
                                             {4, 16, .01},
                                             {8, 16, .01},
                                             {8, 9, .01},
                                             {8, 8, .01},
                                             {4, 4, .01},
                                             {8, 8, .5},
                                             {8, 8, 0}}) {
    const NestedDescent descent = descend_nested({start, start, start}, pairs, labels, .02, 100'000);
    table.rows.push_back({std::to_string(pairs), std::to_string(labels), fmt::format("{}", start), text_of(descent.steps_to_attend),
                          text_of(descent.steps_to_learn)});
  }
  return table;
}

std::vector<lab::Section> Abrupt::sections(const lab::Records& records) const {
  const std::vector<lab::Coordinates> settings = lab::settings_in(records);
  lab::Section answers{.title = "What is answered"}, inside{.title = "What happens inside"}, all{.title = "All numbers"};
  lab::Table table{.title = "At the end", .caption = "Accuracy in percent, mean over seeds.", .columns = {"setting", "seeds"}};
  for (const lab::Coordinates& question : {kInContext, kShifted, kInWeights}) {
    table.columns.push_back(question.at("question"));
    lab::Figure figure{.title = question.at("question"),
                       .caption = "Error among all labels, mean over seeds with Student's 95 % interval.",
                       .x_label = "step",
                       .y_label = "error",
                       .y_is_share = true};
    for (const lab::Coordinates& at : settings)
      figure.series.push_back(lab::series_over_steps(lab::name_of(at), records, {.cell = at, .metric = kError, .row = question}));
    answers.blocks.emplace_back(std::move(figure));
  }
  lab::Figure progress{.title = "Attention along the training, new classes only",
                       .caption = "Mean over rows and seeds.",
                       .x_label = "step",
                       .y_label = "share",
                       .y_is_share = true};
  const lab::Coordinates novel = Setting{.burst = 1, .novel = 1}.at();
  for (const char* metric : {kPrevious, kTarget, kLabels})
    progress.series.push_back(lab::series_over_steps(metric, records, {.cell = novel, .metric = metric}));
  progress.series.push_back(
      lab::series_over_steps("answers that are labels of the context", records, {.cell = novel, .metric = kFromContext, .row = kInContext}));
  inside.blocks.emplace_back(std::move(progress));
  inside.blocks.emplace_back(nested_table());
  for (const lab::Coordinates& at : settings) {
    std::vector<std::string> row = {lab::name_of(at), ""};
    for (const lab::Coordinates& question : {kInContext, kShifted, kInWeights}) {
      const std::vector<double> errors = lab::last_values(records, {.cell = at, .metric = kError, .row = question});
      row[1] = std::to_string(errors.size());
      row.push_back(errors.empty() ? "" : fmt::format("{:.1f}", 100 * (1 - lab::point_over_seeds(0, errors).y)));
    }
    table.rows.push_back(std::move(row));
  }
  all.blocks.emplace_back(std::move(table));
  return {std::move(answers), std::move(inside), std::move(all)};
}

}  // namespace
}  // namespace abrupt

std::unique_ptr<lab::Study> make_abrupt(Equipment& equipment) { return std::make_unique<abrupt::Abrupt>(equipment); }

}  // namespace manabi::study
