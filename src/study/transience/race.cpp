#include "study/transience/race.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/network/pairs/pair_network.h"

namespace manabi::study::transience {
namespace {

const lab::Coordinates kFlip = {{"question", "flip"}};            // the two classes have each other's labels: in-context learning is right
const lab::Coordinates kCopy = {{"question", "constrained"}};     // the right label stands at another class: the weights pick it
const lab::Coordinates kTraining = {{"question", "as trained"}};  // new rows of the training world

constexpr int64_t kPairs = 2, kInputWidth = 64, kExemplars = 20;

struct Setting {
  int64_t classes = 12'800;
  double lr = 3e-4;
  int64_t steps = 60'000;

  lab::Coordinates at() const { return {{"classes", std::to_string(classes)}, {"lr", fmt::format("{}", lr)}, {"steps", std::to_string(steps)}}; }
};

const Setting kRace = {}, kFewer = {.classes = 4096, .steps = 20'000};

// One pair of the query's class, one of another.
world::BurstyConfig training_config(uint64_t seed) {
  return {.pairs = kPairs, .bursty_share = 1, .burst = 1, .distractor = world::Distractor::other, .seed = seed};
}

lab::Measured flip_error(const Setting& setting) { return {.cell = setting.at(), .metric = kContextError, .row = kFlip}; }

}  // namespace

std::vector<NetworkSetting> Race::settings(lab::RunScale scale, int64_t steps) const {
  std::vector<NetworkSetting> all;
  const auto add = [&](Setting setting, const char* part, int64_t seeds) {
    if (steps > 0) setting.steps = steps;
    all.push_back({.at = setting.at(), .part = part, .seeds = seeds});
  };
  const int64_t of_race = scale == lab::RunScale::quick ? 0 : 5;  // seeds differ by much
  add(kRace, "race", of_race);
  add(kFewer, "race", of_race);
  if (scale == lab::RunScale::quick) return all;
  for (const Setting& setting : {Setting{.lr = 1e-4}, Setting{.classes = 8192, .steps = 20'000}, Setting{.classes = 25'600, .steps = 30'000}})
    add(setting, "rates", 0);
  return all;
}

std::shared_ptr<const world::ClassInputs> Race::classes_of(const lab::Coordinates& at, uint64_t seed) const {
  const int64_t classes = lab::integer_at(at, "classes");
  std::weak_ptr<const world::ClassInputs>& known = tables_[{classes, seed}];
  if (auto table = known.lock()) return table;
  auto table = std::make_shared<world::ClassInputs>(
      world::ClassInputsConfig{.classes = classes, .input_width = kInputWidth, .exemplars = kExemplars, .noise = 0.5, .seed = seed});
  known = table;
  return table;
}

std::shared_ptr<const world::PairWorld> Race::training_world(const lab::Coordinates& at, uint64_t seed) const {
  return std::make_shared<world::BurstyWorld>(classes_of(at, seed), training_config(seed));
}

PairRunPlan Race::plan_of(const lab::Coordinates& at, int64_t batch) const {
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
          .batch = batch,
          .steps = steps,
          .measured_after = evenly_spaced(steps, std::max<int64_t>(1, steps / 1000))};
}

std::vector<PairQuestion> Race::questions(const lab::Coordinates& at, uint64_t seed) const {
  const auto classes = classes_of(at, seed);
  const auto ask = [&](const lab::Coordinates& name, const world::BurstyConfig& config) {
    return PairQuestion{.at = name, .world = std::make_shared<world::BurstyWorld>(classes, config)};
  };
  world::BurstyConfig as_trained = training_config(seed);
  as_trained.evaluation = true;
  return {ask(kFlip, world::flip_evaluation(training_config(seed))), ask(kCopy, world::copy_evaluation(training_config(seed))),
          ask(kTraining, as_trained)};
}

std::vector<lab::Claim> race_claims(const lab::Records& records) {
  const std::string source = "Singh et al. 2025, Figures 1 and 2, at the size of this machine";
  const std::vector<double> peak = lab::complements(lab::least_values(records, flip_error(kRace)));
  const std::vector<double> last = lab::complements(lab::last_values(records, flip_error(kRace)));
  const std::vector<double> fewer = lab::complements(lab::last_values(records, flip_error(kFewer)));
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

std::vector<lab::Section> race_sections(const lab::Records& records) {
  if (records.empty()) return {};
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

}  // namespace manabi::study::transience
