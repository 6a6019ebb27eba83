// When does a network learn to learn? Kirsch, Harrison, Sohl-Dickstein and Metz (2022): tasks are made of one set of images by random
// projections and names. Trained on few, a network remembers them; on many, it learns from its context, tasks and images that it never saw.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/random.h"
#include "learn/theory/classification/classifier.h"
#include "model/network/pairs/joined_pair_model.h"
#include "study/general_learner/report.h"
#include "study/general_learner/settings.h"
#include "study/training/network_study.h"
#include "study/training/pair_runs.h"
#include "world/images/omniglot.h"
#include "world/images/random_characters.h"
#include "world/pairs/projected_tasks.h"

namespace manabi::study {
namespace general_learner {
namespace {

constexpr int64_t kLooks = 6;
constexpr int64_t kLastItems = 5;
constexpr std::array<const char*, 4> kQuestions = {kSeenTasks, kNewImages, kUnseenTasks, kOtherImages};

// The images of training and those that no network of the run is trained on.
struct ImageSets {
  world::SplitImages first, second;
};

learn::Classifiers classifiers() {
  return {std::make_shared<learn::NearestClassMean>(), std::make_shared<learn::NearestNeighbourVote>(3),
          std::make_shared<learn::RidgeClassifier>(10.0), std::make_shared<learn::DescendedHead>(50, 0.1)};
}

class GeneralLearner final : public NetworkStudy<PairRunPlan> {
 public:
  explicit GeneralLearner(Equipment& equipment) : NetworkStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "general-learner",
            .title = "When does a network learn to learn?",
            .question =
                "A network is trained to name images from examples, in few or many tasks that show the same images through other projections "
                "and call "
                "them by other names. Does it remember the tasks, or can it learn a new one from its examples?",
            .paper =
                "Louis Kirsch, James Harrison, Jascha Sohl-Dickstein, Luke Metz (2022): General-Purpose In-Context Learning by Meta-Learning "
                "Transformers. NeurIPS 2022 workshop on memory in artificial and real intelligence.",
            .link = "https://arxiv.org/abs/2212.04458",
            .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override { scale_ = scale; }
  base::OptionTable options() override;
  std::vector<std::string> together() const override { return {kTasks, kPlainShare, lab::kSeed}; }
  std::vector<lab::Cell> grid() override {
    image_sets();
    return NetworkStudy::grid();
  }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return general_learner::claims(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return general_learner::sections(records); }

 protected:
  std::vector<NetworkSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 2 : 3; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  PairReplica replica_of(const lab::Cell& cell, base::Json made_of) const override;
  lab::Coordinates data_of(const lab::Coordinates& at) const override;
  std::vector<NetworkMetric> metrics_of(const lab::Cell& cell) const override;
  Measure measure_of(const Cells& cells) const override;
  std::string measure_name(const lab::Coordinates&) const override {
    return fmt::format("{} {}, {} rows a question", info().name, info().version, rows_);
  }
  NetworkRunResult train(const PairRunPlan& plan, const Measure& measure, lab::Workbench& bench) const override {
    return train_pairs(plan, measure, equipment(), bench);
  }

 private:
  const ImageSets& image_sets() const;
  // Of training, and the other one.
  const world::SplitImages& images_of(const Setting& setting) const {
    return setting.images == kFirstImages ? image_sets().first : image_sets().second;
  }
  const world::SplitImages& other_images_of(const Setting& setting) const {
    return setting.images == kFirstImages ? image_sets().second : image_sets().first;
  }
  std::shared_ptr<const world::PairWorld> question_world(const lab::Cell& cell, const std::string& question) const;
  std::vector<lab::Row> references(const lab::Cell& cell) const;

  lab::RunScale scale_ = lab::RunScale::quick;
  int64_t steps_ = 0;
  int64_t rows_ = 1000;
  double lr_ = 1e-3;
  mutable std::unique_ptr<ImageSets> image_sets_;  // read once
};

base::OptionTable GeneralLearner::options() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "steps",
             .help = "of training; 0: as many as each setting's own, which is what claims are about",
             .target = &steps_,
             .least = 0,
             .most = 1'000'000'000});
  table.add({.name = "rows",
             .help = "new ones on which each question is asked",
             .target = &rows_,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000});
  table.add({.name = "lr", .help = "learning rate, constant", .target = &lr_, .changes = Changes::value});
  return table;
}

// Digits and drawn characters from the data folder; strokes drawn by chance in place of what it lacks.
const ImageSets& GeneralLearner::image_sets() const {
  if (image_sets_) return *image_sets_;
  constexpr int64_t kTrainingDrawings = 15;
  const std::string& folder = equipment().options().data;
  const auto strokes = [](uint64_t seed, int64_t characters) {
    return world::split(world::random_characters({.characters = characters, .exemplars = 20, .side = kSide, .seed = seed}), kTrainingDrawings);
  };
  image_sets_ = std::make_unique<ImageSets>(
      ImageSets{.first = world::has_mnist(folder) ? world::read_mnist(folder, kSide, kLabels) : strokes(1, kLabels),
                .second = world::has_omniglot(folder) ? world::split(world::read_omniglot(folder, kSide), kTrainingDrawings) : strokes(2, 242)});
  return *image_sets_;
}

std::vector<NetworkSetting> GeneralLearner::settings() const {
  std::vector<NetworkSetting> all;
  const auto add = [&](const char* part, Setting setting) {
    if (steps_ > 0) setting.steps = steps_;
    const lab::Coordinates at = setting.at();
    if (std::ranges::none_of(all, [&](const NetworkSetting& other) { return other.at == at; })) all.push_back({.at = at, .part = part});
  };
  add("tasks", {.log_tasks = 4, .plain_share = 0});
  add("tasks", {.log_tasks = 9});
  add("tasks", {});
  if (scale_ == lab::RunScale::quick) return all;
  add("plateau", {.plain_share = 0});
  if (scale_ == lab::RunScale::paper) {
    for (int64_t log_tasks = 0; log_tasks <= 24; log_tasks += 2)
      add("paper", {.log_tasks = log_tasks, .width = 256, .batch = 1024, .steps = 50'000});
    return all;
  }
  for (const int64_t width : {32, 64})
    for (const int64_t log_tasks : {4, 7, 9, 11, 13, 20}) add("tasks", {.log_tasks = log_tasks, .width = width});
  for (const int64_t log_tasks : {13, 20}) add("width", {.log_tasks = log_tasks, .width = 128});
  add("plateau", {.plain_share = 0.5});
  add("plateau", {.plain_share = 0, .batch = 256, .steps = 3000});
  add("plateau", {.plain_share = 0, .epsilon = 1e-12});
  for (const int64_t width : {64, 128}) add("lstm", {.network = kLstm, .width = width});
  add("reverse", {.images = kSecondImages});
  return all;
}

PairRunPlan GeneralLearner::plan_of(const lab::Coordinates& at) const {
  const Setting setting = setting_of(at);
  model::JoinedPairConfig config = {.core = model::DecoderConfig{.layers = kLayers, .width = setting.width, .heads = kHeads},
                                    .pairs = kItems - 1,
                                    .input_width = kSide * kSide,
                                    .labels = kLabels};
  if (setting.network == kLstm) config.core = model::RecurrentConfig{.cell = model::Cell::lstm, .layers = kLayers, .width = setting.width};
  return {.model = [config](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<model::JoinedPairModel>(config, plan); },
          .model_made_of = model::described(config),
          .asks_every = true,
          .optimiser = {.epsilon = setting.epsilon},
          .pairs = kItems / 2,
          .token_cost = std::max<int64_t>(1, setting.width / 32) * (setting.network == kLstm ? 3 : 1),
          .batch = setting.batch,
          .clip_norm = 1,
          .steps = setting.steps,
          .measured_after = evenly_spaced(setting.steps, kLooks)};
}

// Training and the questions about seen tasks must draw the same ones.
uint64_t task_seed(uint64_t seed) { return base::Rng(seed).child("tasks").bits(); }

PairReplica GeneralLearner::replica_of(const lab::Cell& cell, base::Json made_of) const {
  const Setting setting = setting_of(cell.at);
  const uint64_t seed = seed_of(cell);
  return {.seed = seed,
          .world = std::make_shared<world::ProjectedTasks>(images_of(setting).training,
                                                           world::ProjectedTasksConfig{.pairs = kItems - 1,
                                                                                       .labels = kLabels,
                                                                                       .tasks = int64_t{1} << setting.log_tasks,
                                                                                       .plain_share = setting.plain_share,
                                                                                       .task_seed = task_seed(seed),
                                                                                       .seed = seed}),
          .world_made_of = std::move(made_of),
          .lr = lr_};
}

lab::Coordinates GeneralLearner::data_of(const lab::Coordinates&) const {
  const auto named = [](const world::LabelledImages& images) { return images.name + ' ' + images.hash(); };
  return {{kFirstImagesInput, named(*image_sets().first.training)}, {kSecondImagesInput, named(*image_sets().second.training)}};
}

// Names are the task's own in every question: plain names are a help of training alone.
std::shared_ptr<const world::PairWorld> GeneralLearner::question_world(const lab::Cell& cell, const std::string& question) const {
  const Setting setting = setting_of(cell.at);
  const bool is_seen = question == kSeenTasks || question == kNewImages;
  const world::SplitImages& images = question == kOtherImages ? other_images_of(setting) : images_of(setting);
  return std::make_shared<world::ProjectedTasks>(question == kSeenTasks ? images.training : images.held_out,
                                                 world::ProjectedTasksConfig{.pairs = kItems - 1,
                                                                             .labels = kLabels,
                                                                             .tasks = is_seen ? int64_t{1} << setting.log_tasks : 0,
                                                                             .task_seed = task_seed(seed_of(cell)),
                                                                             .seed = base::Rng(seed_of(cell)).child("questions").bits()});
}

lab::Coordinates row_at(const std::string& question, const std::string& learner, const std::string& item) {
  return {{kQuestion, question}, {kLearner, learner}, {kItem, item}};
}

// The accuracies of a row's items, and what they are summed up to.
void add_accuracies(const std::vector<double>& by_item, std::vector<double>& values) {
  values.insert(values.end(), by_item.begin(), by_item.end());
  values.push_back(by_item.front());
  double sum = 0;
  for (auto last = by_item.end() - kLastItems; last != by_item.end(); ++last) sum += *last;
  values.push_back(sum / kLastItems);
}

std::vector<std::string> items() {
  std::vector<std::string> names;
  for (int64_t item = 0; item < kItems; ++item) names.push_back(std::to_string(item));
  names.insert(names.end(), {kFirst, kLastFive});
  return names;
}

std::vector<NetworkMetric> GeneralLearner::metrics_of(const lab::Cell&) const {
  std::vector<NetworkMetric> all;
  for (const char* question : kQuestions)
    for (const std::string& item : items()) all.push_back({.name = kAccuracy, .at = row_at(question, kNetwork, item), .n = rows_});
  all.push_back({.name = kParameters, .n = 1});
  return all;
}

GeneralLearner::Measure GeneralLearner::measure_of(const Cells& cells) const {
  return [this, cells](const model::PairModel& model, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values(cells.size());
    for (const char* question : kQuestions) {
      learn::PairWorlds worlds;
      for (const lab::Cell& cell : cells) worlds.push_back(question_world(cell, question));
      const auto accuracies = learn::judge_every_pair(dynamic_cast<const model::EveryPairModel&>(model), parameters, worlds, rows_);
      for (size_t replica = 0; replica < cells.size(); ++replica) add_accuracies(accuracies[replica], values[replica]);
    }
    for (std::vector<double>& of_replica : values) of_replica.push_back(static_cast<double>(parameters.parameter_count()));
    return values;
  };
}

std::vector<lab::Row> GeneralLearner::references(const lab::Cell& cell) const {
  std::vector<lab::Row> rows;
  for (const char* question : {kUnseenTasks, kOtherImages}) {
    const learn::PairWorlds worlds = {question_world(cell, question)};
    const learn::PairBatch batch = learn::draw_pairs(worlds, 0, 0, rows_);
    const at::Tensor labels = at::cat({batch.rows.labels[0], batch.targets[0].unsqueeze(1)}, 1);
    for (const auto& classifier : classifiers()) {
      std::vector<double> values;
      add_accuracies(learn::accuracy_by_item(*classifier, batch.rows.inputs[0], labels, kLabels), values);
      const std::vector<std::string> names = items();
      for (size_t i = 0; i < names.size(); ++i)
        rows.push_back({.metric = kAccuracy, .at = row_at(question, classifier->name(), names[i]), .value = values[i], .n = rows_});
    }
  }
  return rows;
}

lab::Records GeneralLearner::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records = NetworkStudy::measure(group, bench);
  for (lab::CellRecord& record : records) std::ranges::move(references(record.cell), std::back_inserter(record.rows));
  return records;
}

}  // namespace
}  // namespace general_learner

std::unique_ptr<lab::Study> make_general_learner(Equipment& equipment) { return std::make_unique<general_learner::GeneralLearner>(equipment); }

}  // namespace manabi::study
