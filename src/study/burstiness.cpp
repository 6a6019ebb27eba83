// Which data make a network learn in its context? Chan, Santoro, Lampinen, Wang, Singh, Richemond, McClelland and Hill (2022), on class vectors
// in place of images: how bursty the rows are, how many classes there are, how uneven their frequencies, how varied each class, and whether
// the network attends, recurs or does neither.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "model/network/pairs/pair_network.h"
#include "model/network/pairs/perceptron_pair_model.h"
#include "model/network/pairs/recurrent_pair_model.h"
#include "study/training/pair_study.h"
#include "world/pairs/bursty_world.h"

namespace manabi::study {
namespace {

const lab::Coordinates kInContext = {{"question", "two new names for trained classes"}};
const lab::Coordinates kHoldout = {{"question", "two new names for new classes"}};
const lab::Coordinates kInWeights = {{"question", "own labels, class not in the context"}};

const PairTrainingOptions kUsual = {.questions = 2000};

// One cell of the sweep: one factor at a time around (0.9, 12,800 classes, uniform, noise 0.1, transformer).
struct Setting {
  double bursty = 0.9;
  int64_t classes = 12'800;
  double zipf = 0;
  double noise = 0.1;
  std::string network = "transformer";

  lab::Coordinates at() const {
    return {{"bursty", fmt::format("{}", bursty)},
            {"classes", std::to_string(classes)},
            {"zipf", fmt::format("{}", zipf)},
            {"noise", fmt::format("{}", noise)},
            {"network", network}};
  }
};

class Burstiness final : public PairStudy {
 public:
  explicit Burstiness(Equipment& equipment) : PairStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "burstiness",
        .title = "Which data make a network learn in its context?",
        .question =
            "The same network is trained on rows whose classes come in bursts or not, from few or many classes. Can it name new classes from "
            "its context afterwards, and what does it know from its weights?",
        .paper =
            "Stephanie Chan, Adam Santoro, Andrew Lampinen, Jane Wang, Aaditya Singh, Pierre Richemond, James McClelland, Felix Hill (2022): "
            "Data Distributional Properties Drive Emergent In-Context Learning in Transformers. NeurIPS 2022.",
        .link = "https://arxiv.org/abs/2205.05055",
        .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = kUsual;
    if (scale == lab::RunScale::quick) options_.steps = 12'000;
    if (scale == lab::RunScale::paper) options_.steps = 500'000;
  }

  base::OptionTable options() override { return options_.table(); }

  std::vector<std::string> together() const override { return {"bursty", "zipf", "noise", lab::kSeed}; }
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;

 protected:
  std::vector<NetworkSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 2 : 3; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return options_.lr; }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return std::make_shared<world::BurstyWorld>(classes_of(at, seed), training_config(at, seed));
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override;

 private:
  static constexpr int64_t kHoldoutClasses = 10, kInputWidth = 32, kPairs = 8;

  // Three copies of the query's class, three of another, two more (section 2).
  static world::BurstyConfig training_config(const lab::Coordinates& at, uint64_t seed) {
    return {.pairs = kPairs,
            .bursty_share = lab::number_at(at, "bursty"),
            .burst = 3,
            .distractor = world::Distractor::any,
            .zipf_exponent = lab::number_at(at, "zipf"),
            .seed = seed};
  }

  // The same classes for training and questions: a function of the seed.
  std::shared_ptr<const world::ClassInputs> classes_of(const lab::Coordinates& at, uint64_t seed) const {
    return std::make_shared<world::ClassInputs>(world::ClassInputsConfig{.classes = lab::integer_at(at, "classes"),
                                                                         .holdout = kHoldoutClasses,
                                                                         .input_width = kInputWidth,
                                                                         .noise = lab::number_at(at, "noise"),
                                                                         .seed = seed});
  }

  lab::RunScale scale_ = lab::RunScale::quick;
  PairTrainingOptions options_ = kUsual;
};

std::vector<NetworkSetting> Burstiness::settings() const {
  std::vector<NetworkSetting> all;
  const auto add = [&](const std::string& part, const Setting& setting) {
    const auto same = [&](const NetworkSetting& other) { return other.at == setting.at(); };
    if (std::ranges::none_of(all, same)) all.push_back({.at = setting.at(), .part = part});
  };
  if (scale_ == lab::RunScale::quick) {
    for (const double bursty : {0.0, 1.0}) add("plane", {.bursty = bursty});
    add("networks", {.bursty = 1, .network = "lstm"});
    return all;
  }
  for (const double bursty : {0.0, 0.5, 0.9, 1.0})
    for (const int64_t classes : {2048, 12'800}) add("plane", {.bursty = bursty, .classes = classes});
  add("plane", {.classes = 256});
  for (const double zipf : {1.0, 2.0}) add("frequency", {.zipf = zipf});
  add("variation", {.noise = 1});
  add("networks", {.bursty = 1, .network = "lstm"});
  for (const char* network : {"rnn", "lstm", "mlp"})
    for (const int64_t classes : {2048, 12'800}) add("networks", {.classes = classes, .network = network});
  return all;
}

PairRunPlan Burstiness::plan_of(const lab::Coordinates& at) const {
  const int64_t labels = lab::integer_at(at, "classes") + kHoldoutClasses;
  PairRunPlan plan{.pairs = kPairs, .batch = options_.batch, .steps = options_.steps, .measured_after = evenly_spaced(options_.steps, 10)};
  const auto use = [&]<class Model>(const auto& config, std::type_identity<Model>) {
    plan.model = [config](tensor::ParameterPlan& declared, const auto&) { return std::make_unique<Model>(config, declared); };
    plan.model_made_of = model::described(config);
  };
  const std::string network = lab::text_at(at, "network");
  if (network == "transformer")
    use(model::PairNetworkConfig{.decoder = {.layers = 2, .width = 64, .heads = 2},
                                 .pairs = kPairs,
                                 .input_width = kInputWidth,
                                 .labels = labels,
                                 .label_deviation = 0.02},
        std::type_identity<model::PairNetwork>());
  else if (network == "mlp")
    use(
        model::PerceptronPairConfig{
            .layers = 2, .hidden_width = 256, .width = 64, .pairs = kPairs, .input_width = kInputWidth, .labels = labels},
        std::type_identity<model::PerceptronPairModel>());
  else
    use(model::RecurrentPairConfig{.cell = network == "lstm" ? model::Cell::lstm : model::Cell::rnn,
                                   .layers = 2,
                                   .width = 64,
                                   .pairs = kPairs,
                                   .input_width = kInputWidth,
                                   .labels = labels},
        std::type_identity<model::RecurrentPairModel>());
  return plan;
}

std::vector<PairQuestion> Burstiness::questions(const lab::Coordinates& at, uint64_t seed) const {
  const auto classes = classes_of(at, seed);
  const world::BurstyConfig training = training_config(at, seed);
  const auto ask = [&](const lab::Coordinates& name, const world::BurstyConfig& config) {
    return PairQuestion{.at = name, .world = std::make_shared<world::BurstyWorld>(classes, config)};
  };
  return {ask(kInContext, world::in_context_evaluation(training, world::ClassPool::trained)),
          ask(kHoldout, world::in_context_evaluation(training, world::ClassPool::holdout)),
          ask(kInWeights, world::in_weight_evaluation(training, world::Rest::not_query))};
}

// Accuracy in the context, 0.5 by guessing among the two names; accuracy from the weights, among all labels.
std::vector<double> accuracies(const lab::Records& records, const Setting& setting, const lab::Coordinates& question) {
  const bool is_in_weights = question == kInWeights;
  return lab::complements(lab::last_values(records, {.cell = setting.at(), .metric = is_in_weights ? kError : kContextError, .row = question}));
}

struct Statement {
  std::string id, sentence, measure;
  lab::Coordinates question;
  Setting less, more;  // the effect is accuracy at `more` minus accuracy at `less`
  double margin;
};

std::vector<lab::Claim> Burstiness::claims(const lab::Records& records) const {
  const std::vector<Statement> statements = {{"bursts-teach-the-context",
                                              "Bursty rows make a transformer learn in its context.",
                                              "bursty 1 minus 0",
                                              kHoldout,
                                              {.bursty = 0},
                                              {.bursty = 1},
                                              10},
                                             {"bursts-cost-weights",
                                              "What bursty rows teach, the weights learn less of.",
                                              "bursty 0 minus 1",
                                              kInWeights,
                                              {.bursty = 1},
                                              {.bursty = 0},
                                              10},
                                             {"classes-teach-the-context",
                                              "More classes make in-context learning more likely.",
                                              "12,800 minus 2,048 classes",
                                              kHoldout,
                                              {.classes = 2048},
                                              {},
                                              5},
                                             {"attention-is-needed",
                                              "A transformer learns in its context what an LSTM does not.",
                                              "transformer minus LSTM",
                                              kHoldout,
                                              {.bursty = 1, .network = "lstm"},
                                              {.bursty = 1},
                                              10},
                                             {"variation-teaches-the-context",
                                              "Variation within classes helps in-context learning.",
                                              "noise 1 minus 0.1",
                                              kInContext,
                                              {},
                                              {.noise = 1},
                                              2},
                                             {"skew-gives-both",
                                              "Uneven frequencies keep knowledge in the weights beside learning in the context.",
                                              "Zipf 1 minus uniform",
                                              kInWeights,
                                              {},
                                              {.zipf = 1},
                                              5}};
  std::vector<lab::Claim> claims;
  for (const Statement& statement : statements) {
    lab::Claim claim{.id = statement.id,
                     .sentence = statement.sentence,
                     .source = "sections 3 and 4 (directions only: no value of theirs is certain)",
                     .published = "direction only",
                     .measure = "accuracy (" + statement.question.at("question") + "), " + statement.measure,
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = statement.margin};
    claim.effect = lab::interval_over_seeds(lab::in_points(
        lab::differences(accuracies(records, statement.less, statement.question), accuracies(records, statement.more, statement.question))));
    if (!claim.effect) claim.missing = "two seeds of both settings";
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::vector<lab::Section> Burstiness::sections(const lab::Records& records) const {
  const std::vector<lab::Coordinates> settings = lab::settings_in(records);
  lab::Section section{.title = "Along the training"};
  lab::Table table{.title = "At the end",
                   .caption = "Accuracy in percent, mean over seeds; in the context among the two names (50 by guessing).",
                   .columns = {"setting", "seeds"}};
  for (const lab::Coordinates& question : {kInContext, kHoldout, kInWeights}) {
    table.columns.push_back(question.at("question"));
    const bool is_in_weights = question == kInWeights;
    lab::Figure figure{.title = question.at("question"),
                       .caption = "Error, mean over seeds with Student's 95 % interval.",
                       .x_label = "step",
                       .y_label = is_in_weights ? "error among all labels" : "error among the two names",
                       .y_is_share = true};
    for (const lab::Coordinates& at : settings)
      figure.series.push_back(
          lab::series_over_steps(lab::name_of(at), records, {.cell = at, .metric = is_in_weights ? kError : kContextError, .row = question}));
    section.blocks.emplace_back(std::move(figure));
  }
  for (const lab::Coordinates& at : settings) {
    std::vector<std::string> row = {lab::name_of(at), ""};
    for (const lab::Coordinates& question : {kInContext, kHoldout, kInWeights}) {
      const std::vector<double> errors =
          lab::last_values(records, {.cell = at, .metric = question == kInWeights ? kError : kContextError, .row = question});
      row[1] = std::to_string(errors.size());
      row.push_back(errors.empty() ? "" : fmt::format("{:.1f}", 100 * (1 - lab::point_over_seeds(0, errors).y)));
    }
    table.rows.push_back(std::move(row));
  }
  return {std::move(section), {.title = "All numbers", .blocks = {std::move(table)}}};
}

}  // namespace

std::unique_ptr<lab::Study> make_burstiness(Equipment& equipment) { return std::make_unique<Burstiness>(equipment); }

}  // namespace manabi::study
