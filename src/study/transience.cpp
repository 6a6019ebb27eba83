// Does in-context learning last? Singh, Chan, Moskovitz, Grant, Saxe and Hill (2023) found that it can fade while training goes on; Singh,
// Moskovitz, Dragutinović, Hill, Chan and Saxe (2025) made it small: two layers of attention, two pairs, one of them the query's class. Which
// of the mechanisms wins the race is set by the number of classes and the learning rate.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "model/network/pairs/pair_network.h"
#include "study/training/pair_study.h"
#include "world/pairs/bursty_world.h"

namespace manabi::study {
namespace {

const lab::Coordinates kFlip = {{"question", "flip"}};            // the two classes have each other's labels: in-context learning is right
const lab::Coordinates kCopy = {{"question", "constrained"}};     // the right label stands at another class: the weights pick it
const lab::Coordinates kTraining = {{"question", "as trained"}};  // new rows of the training world

constexpr int64_t kPairs = 2, kInputWidth = 64, kExemplars = 20;

struct Options {
  int64_t batch = 32;
  int64_t questions = 2000;
};

struct Setting {
  int64_t classes = 12'800;
  double lr = 3e-4;
  int64_t steps = 60'000;

  lab::Coordinates at() const { return {{"classes", std::to_string(classes)}, {"lr", fmt::format("{}", lr)}, {"steps", std::to_string(steps)}}; }
};

const Setting kRace = {}, kFewer = {.classes = 4096, .steps = 20'000};

class Transience final : public PairStudy {
 public:
  explicit Transience(Equipment& equipment) : PairStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "transience",
        .title = "Does in-context learning last?",
        .question =
            "A small attention-only network is trained on rows of which its context or its weights could tell the answer. Which comes first, "
            "and does it stay?",
        .paper =
            "Aaditya Singh, Ted Moskovitz, Sara Dragutinović, Felix Hill, Stephanie Chan, Andrew Saxe (2025): Strategy Coopetition Explains the "
            "Emergence and Transience of In-Context Learning. ICML 2025.",
        .link = "https://arxiv.org/abs/2503.05631",
        .reads_checkpoints = false,
        .version = 2};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
  }

  base::OptionTable options() override {
    using base::Changes;
    base::OptionTable table;
    table.add(
        {.name = "batch", .help = "rows of one step", .target = &options_.batch, .changes = Changes::value, .least = 1, .most = 1'000'000});
    table.add({.name = "questions",
               .help = "new rows on which each question is asked",
               .target = &options_.questions,
               .changes = Changes::value,
               .least = 1,
               .most = 10'000'000});
    return table;
  }

  std::vector<std::string> together() const override { return {lab::kSeed}; }
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;

 protected:
  std::vector<PairSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 1 : 3; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates& at) const override { return lab::number_at(at, "lr"); }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return std::make_shared<world::BurstyWorld>(classes_of(at, seed), training_config(seed));
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override;

 private:
  // One pair of the query's class, one of another.
  static world::BurstyConfig training_config(uint64_t seed) {
    return {.pairs = kPairs, .bursty_share = 1, .burst = 1, .distractor = world::Distractor::other, .seed = seed};
  }
  // One table of exemplars (65 MB) for the training and the questions of a seed, as long as any of them lives.
  std::shared_ptr<const world::ClassInputs> classes_of(const lab::Coordinates& at, uint64_t seed) const;

  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  mutable std::map<std::pair<int64_t, uint64_t>, std::weak_ptr<const world::ClassInputs>> tables_;  // by number of classes and seed
};

std::shared_ptr<const world::ClassInputs> Transience::classes_of(const lab::Coordinates& at, uint64_t seed) const {
  const int64_t classes = lab::integer_at(at, "classes");
  std::weak_ptr<const world::ClassInputs>& known = tables_[{classes, seed}];
  if (auto table = known.lock()) return table;
  auto table = std::make_shared<world::ClassInputs>(
      world::ClassInputsConfig{.classes = classes, .input_width = kInputWidth, .exemplars = kExemplars, .noise = 0.5, .seed = seed});
  known = table;
  return table;
}

std::vector<PairSetting> Transience::settings() const {
  if (scale_ == lab::RunScale::quick)
    return {{.at = kRace.at(), .part = "race"}, {.at = Setting{.classes = 4096, .steps = 10'000}.at(), .part = "race"}};
  std::vector<PairSetting> all = {{.at = kRace.at(), .part = "race"}, {.at = kFewer.at(), .part = "race"}};
  for (const Setting& setting : {Setting{.lr = 1e-4}, Setting{.classes = 8192, .steps = 20'000}, Setting{.classes = 25'600, .steps = 30'000}})
    all.push_back({.at = setting.at(), .part = "rates"});
  return all;
}

PairRunPlan Transience::plan_of(const lab::Coordinates& at) const {
  const model::PairNetworkConfig network = {.decoder = {.layers = 2, .width = 64, .heads = 8, .mlp_ratio = 0},
                                            .pairs = kPairs,
                                            .input_width = kInputWidth,
                                            .labels = lab::integer_at(at, "classes"),
                                            .positions = model::Positions::learned,
                                            .position_deviation = 0.1,
                                            .label_deviation = 0.02};
  const int64_t steps = lab::integer_at(at, "steps");
  return {.model = [network](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<model::PairNetwork>(network, plan); },
          .model_made_of = model::described(network),
          .pairs = kPairs,
          .batch = options_.batch,
          .steps = steps,
          .measured_after = evenly_spaced(steps, steps / 1000)};
}

std::vector<PairQuestion> Transience::questions(const lab::Coordinates& at, uint64_t seed) const {
  const auto classes = classes_of(at, seed);
  const auto ask = [&](const lab::Coordinates& name, const world::BurstyConfig& config) {
    return PairQuestion{.at = name, .world = std::make_shared<world::BurstyWorld>(classes, config)};
  };
  world::BurstyConfig as_trained = training_config(seed);
  as_trained.evaluation = true;
  return {ask(kFlip, world::flip_evaluation(training_config(seed))), ask(kCopy, world::copy_evaluation(training_config(seed))),
          ask(kTraining, as_trained)};
}

lab::Measured flip_error(const Setting& setting) { return {.cell = setting.at(), .metric = kContextError, .row = kFlip}; }

std::vector<lab::Claim> Transience::claims(const lab::Records& records) const {
  const std::string source = "Singh et al. 2025, Figures 1 and 2, at the size of this machine";
  const std::vector<double> peak = lab::complements(lab::least_values(records, flip_error(kRace)));
  const std::vector<double> last = lab::complements(lab::last_values(records, flip_error(kRace)));
  std::vector<double> fewer = lab::complements(lab::last_values(records, flip_error(kFewer)));
  if (fewer.empty()) fewer = lab::complements(lab::last_values(records, flip_error({.classes = 4096, .steps = 10'000})));
  lab::Claim emerges{.id = "emerges",
                     .sentence = "With many classes, in-context learning emerges.",
                     .source = source,
                     .published = "peak .71 at 4.3e6 rows (lr 1e-5, 12,800 classes)",
                     .measure = "largest in-context accuracy under swapped labels, 12,800 classes",
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = 90};
  lab::Claim fades{.id = "fades",
                   .sentence = "and fades while training goes on.",
                   .source = source,
                   .published = ".04 at 1.5e7 rows, .71 at its peak",
                   .measure = "in-context accuracy under swapped labels, last minus largest",
                   .unit = "points",
                   .direction = lab::Direction::below,
                   .margin = -15};
  lab::Claim needs_classes{.id = "needs-classes",
                           .sentence = "With fewer classes the weights win at once.",
                           .source = source,
                           .published = "direction only",
                           .measure = "last in-context accuracy under swapped labels, 4,096 classes",
                           .unit = "points",
                           .direction = lab::Direction::below,
                           .margin = 5};
  emerges.effect = lab::interval_over_seeds(lab::in_points(peak));
  fades.effect = lab::interval_over_seeds(lab::in_points(lab::differences(peak, last)));
  needs_classes.effect = lab::interval_over_seeds(lab::in_points(fewer));
  std::vector<lab::Claim> claims = {emerges, fades, needs_classes};
  for (lab::Claim& claim : claims)
    if (!claim.effect) claim.missing = "two seeds";
  return claims;
}

std::vector<lab::Section> Transience::sections(const lab::Records& records) const {
  lab::Section section{.title = "The race"};
  section.blocks.emplace_back(
      "Under swapped labels only the context is right; where the right label stands at another class, only the weights find it. Both are read "
      "among "
      "the labels of the context.");
  const std::vector<lab::Coordinates> settings = lab::settings_in(records);
  for (const lab::Coordinates& at : settings) {
    lab::Figure figure{.title = fmt::format("{} classes, learning rate {}", at.at("classes"), at.at("lr")),
                       .caption = "Error among the labels of the context, mean over seeds with Student's 95 % interval.",
                       .x_label = "step",
                       .y_label = "error",
                       .reference_lines = {{"either label", 0.5}},
                       .y_is_share = true};
    for (const auto& [name, question] :
         {std::pair{"context (swapped labels)", kFlip}, {"weights (label at another class)", kCopy}, {"as trained", kTraining}})
      figure.series.push_back(lab::series_over_steps(name, records, {.cell = at, .metric = kContextError, .row = question}));
    section.blocks.emplace_back(std::move(figure));
  }
  return {std::move(section)};
}

}  // namespace

std::unique_ptr<lab::Study> make_transience(Equipment& equipment) { return std::make_unique<Transience>(equipment); }

}  // namespace manabi::study
