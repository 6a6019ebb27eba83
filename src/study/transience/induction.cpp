#include "study/transience/induction.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

#include "model/network/pairs/pair_network.h"
#include "world/pairs/bursty_world.h"

namespace manabi::study::transience {
namespace {

constexpr int64_t kPairs = 2, kInputWidth = 512, kHeads = 8, kLabels = 5, kNewClasses = 50, kSteps = 31'250, kMeasuredRows = 1000;
constexpr int64_t kPlateauStep = 6250;  // 2e5 rows of 32, where the paper's plateau still stands

const lab::Coordinates kTraining = {{"question", "as trained"}};
const lab::Coordinates kNewPairs = {{"question", "new pairs of labels"}};
const lab::Coordinates kHoldout = {{"question", "new classes"}};

// Ten unordered pairs of five labels; two of them are kept from training.
const std::vector<world::LabelPair> kTrainedPairs = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 3}, {1, 4}, {2, 3}};
const std::vector<world::LabelPair> kUnseenPairs = {{2, 4}, {3, 4}};

std::shared_ptr<const world::ClassInputs> classes_of(const lab::Coordinates& at, uint64_t seed) {
  return std::make_shared<world::ClassInputs>(world::ClassInputsConfig{
      .classes = lab::integer_at(at, "classes"), .holdout = kNewClasses, .input_width = kInputWidth, .exemplars = 1, .noise = 0, .seed = seed});
}

world::BurstyConfig training_config(uint64_t seed) {
  return {.pairs = kPairs,
          .bursty_share = 1,
          .burst = 1,
          .distractor = world::Distractor::other,
          .label_map = world::LabelMap::paired,
          .label_pairs = kTrainedPairs,
          .paired_labels = kLabels,
          .seed = seed};
}

world::BurstyConfig evaluation_config(uint64_t seed) {
  world::BurstyConfig config = training_config(seed);
  config.evaluation = true;
  return config;
}

lab::Coordinates head_at(int64_t head) { return {{"head", std::to_string(head)}}; }

lab::Coordinates at_step(lab::Coordinates row, int64_t step) {
  row[lab::kStep] = std::to_string(step);
  return row;
}

lab::Measured measured(const std::string& metric, const lab::Coordinates& row) {
  return {.cell = induction_setting().at, .metric = metric, .row = row};
}

// Of each seed, its heads' last strengths.
std::vector<std::vector<double>> strengths_of(const lab::Records& records) {
  std::vector<std::vector<double>> of_seeds;
  for (int64_t head = 0; head < kHeads; ++head) {
    const std::vector<double> values = lab::last_values(records, measured(kStrength, head_at(head)));
    of_seeds.resize(std::max(of_seeds.size(), values.size()));
    for (size_t seed = 0; seed < values.size(); ++seed) of_seeds[seed].push_back(values[seed]);
  }
  return of_seeds;
}

std::vector<double> over_seeds(const std::vector<std::vector<double>>& strengths,
                               const std::function<double(const std::vector<double>&)>& summary) {
  std::vector<double> values;
  for (const std::vector<double>& of_seed : strengths) values.push_back(summary(of_seed));
  return values;
}

// The heads of a seed have no names that another seed shares, but a rank.
std::vector<lab::Series> ranked_heads(const lab::Records& records) {
  std::map<int64_t, std::vector<std::vector<double>>> by_step;  // of each seed its heads
  for (const lab::CellRecord& record : records) {
    std::map<int64_t, std::vector<double>> heads;
    for (const lab::Row& row : record.rows)
      if (row.metric == kStrength) heads[lab::integer_at(row.at, lab::kStep)].push_back(row.value);
    for (auto& [step, strengths] : heads) {
      std::ranges::sort(strengths, std::ranges::greater());
      by_step[step].push_back(strengths);
    }
  }
  std::vector<lab::Series> series;
  for (size_t rank = 0; rank < static_cast<size_t>(kHeads); ++rank) {
    lab::Series of_rank{.name = fmt::format("rank {}", rank + 1)};
    for (const auto& [step, seeds] : by_step) {
      const std::vector<double> values = over_seeds(seeds, [&](const std::vector<double>& heads) { return heads[rank]; });
      of_rank.points.push_back(lab::point_over_seeds(static_cast<double>(step), values, /*is_share=*/false));
    }
    series.push_back(std::move(of_rank));
  }
  return series;
}

}  // namespace

NetworkSetting induction_setting(int64_t steps) {
  return {.at = {{"experiment", "induction"},
                 {"classes", "50"},
                 {"lr", fmt::format("{}", 1e-5)},
                 {"steps", std::to_string(steps > 0 ? steps : kSteps)}},
          .part = "induction",
          .seeds = 3};
}

bool is_induction(const lab::Coordinates& at) { return at.contains("experiment") && at.at("experiment") == "induction"; }

lab::Records induction_records(const lab::Records& records, bool induction) {
  lab::Records kept;
  std::ranges::copy_if(records, std::back_inserter(kept),
                       [&](const lab::CellRecord& record) { return is_induction(record.cell.at) == induction; });
  return kept;
}

PairRunPlan induction_plan(const lab::Coordinates& at, int64_t batch) {
  const model::PairNetworkConfig network = {.decoder = {.layers = 2, .width = 64, .heads = kHeads, .mlp_ratio = 0},
                                            .pairs = kPairs,
                                            .input_width = kInputWidth,
                                            .labels = kLabels,
                                            .positions = model::Positions::rotary,
                                            .label_deviation = 0.02};
  const int64_t steps = lab::integer_at(at, "steps");
  return {.model = [network](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<model::PairNetwork>(network, plan); },
          .model_made_of = model::described(network),
          .pairs = kPairs,
          .batch = batch,
          .steps = steps,
          .measured_after = evenly_spaced(steps, 50)};
}

std::shared_ptr<const world::PairWorld> induction_world(const lab::Coordinates& at, uint64_t seed) {
  return std::make_shared<world::BurstyWorld>(classes_of(at, seed), training_config(seed));
}

std::vector<PairQuestion> induction_questions(const lab::Coordinates& at, uint64_t seed) {
  const auto classes = classes_of(at, seed);
  world::BurstyConfig as_trained = evaluation_config(seed), new_pairs = as_trained, new_classes = as_trained;
  new_pairs.label_pairs = kUnseenPairs;
  new_classes.pool = world::ClassPool::holdout;
  return {{.at = kTraining, .world = std::make_shared<world::BurstyWorld>(classes, as_trained)},
          {.at = kNewPairs, .world = std::make_shared<world::BurstyWorld>(classes, new_pairs)},
          {.at = kHoldout, .world = std::make_shared<world::BurstyWorld>(classes, new_classes)}};
}

std::vector<NetworkMetric> induction_metrics() {
  std::vector<NetworkMetric> metrics;
  for (int64_t head = 0; head < kHeads; ++head) metrics.push_back({.name = kStrength, .at = head_at(head)});
  return metrics;
}

std::vector<std::vector<double>> measure_induction(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                   const tensor::ParameterBuffer& parameters) {
  const c10::NoGradGuard guard;
  learn::PairWorlds worlds;
  for (const lab::Cell& cell : cells) {
    const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed));
    worlds.push_back(std::make_shared<world::BurstyWorld>(classes_of(cell.at, seed), evaluation_config(seed)));
  }
  const learn::PairBatch batch = learn::draw_pairs(worlds, 0, 0, kMeasuredRows).to(parameters.values().options());
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  const at::Tensor second_layer = dynamic_cast<const model::PairNetwork&>(model).attention(leaves, batch.rows).at(1);  // [R, B, H, T, T]

  const at::Tensor labels = at::arange(kPairs, batch.targets.options()) * 2 + 1;
  const at::Tensor from_query = second_layer.select(3, 2 * kPairs).index_select(-1, labels);                       // [R, B, H, K]
  const at::Tensor sign = batch.rows.labels.eq(batch.targets.unsqueeze(-1)).to(from_query.scalar_type()) * 2 - 1;  // [R, B, K]
  const at::Tensor strength = (from_query * sign.unsqueeze(2)).sum(-1).mean(1).to(at::kDouble).contiguous();       // [R, H]
  std::vector<std::vector<double>> values;
  for (int64_t replica = 0; replica < strength.size(0); ++replica) {
    const double* of_heads = strength.const_data_ptr<double>() + replica * kHeads;
    values.emplace_back(of_heads, of_heads + kHeads);
  }
  return values;
}

// Margins stand between the published figures, or those of the calibrated run, and what a network without induction heads has.
std::vector<lab::Claim> induction_claims(const lab::Records& records) {
  const std::string source = "Singh et al. 2024, Figures 2 to 4, on Gaussian classes";
  const std::vector<std::vector<double>> strengths = strengths_of(records);
  const auto largest = [](const std::vector<double>& heads) { return std::ranges::max(heads); };
  const auto strong = [](const std::vector<double>& heads) {
    return static_cast<double>(std::ranges::count_if(heads, [](double strength) { return strength > 0.25; }));
  };
  const auto claim = [&](const lab::Claim& about, const std::vector<double>& values) {
    lab::Claim filled = about;
    filled.source = source;
    filled.effect = lab::interval_over_seeds(values);
    if (!filled.effect) filled.missing = "two seeds";
    return filled;
  };
  return {claim({.id = "plateau",
                 .sentence = "For long the loss stays where both labels of the context are guessed alike.",
                 .published = ".69 to .75 until 2e5 rows (ln 2 = .693)",
                 .measure = "cross-entropy on new rows after 2e5 rows",
                 .unit = "nats",
                 .direction = lab::Direction::above,
                 .margin = 0.6},
                lab::last_values(records, measured(kCrossEntropy, at_step(kTraining, kPlateauStep)))),
          claim({.id = "drop",
                 .sentence = "Then it falls to nothing.",
                 .published = "below .01 at 1e6 rows",
                 .measure = "cross-entropy on new rows after 1e6 rows",
                 .unit = "nats",
                 .direction = lab::Direction::below,
                 .margin = 0.05},
                lab::last_values(records, measured(kCrossEntropy, kTraining))),
          claim({.id = "relabelled",
                 .sentence = "What is learned holds for pairs of labels that were never shown together.",
                 .published = "loss .03 on unseen pairs",
                 .measure = "in-context accuracy on unseen pairs of labels",
                 .unit = "points",
                 .direction = lab::Direction::above,
                 .margin = 90},
                lab::in_points(lab::complements(lab::last_values(records, measured(kContextError, kNewPairs))))),
          claim({.id = "strongest-head",
                 .sentence = "A head of the second layer attends to the right label.",
                 .published = ".85 for the strongest of eight",
                 .measure = "induction strength of the strongest head",
                 .unit = "",
                 .direction = lab::Direction::above,
                 .margin = 0.5},
                over_seeds(strengths, largest)),
          claim({.id = "several-heads",
                 .sentence = "Several heads do, not one alone.",
                 .published = "seven of eight above .25",
                 .measure = "heads whose strength is above .25",
                 .unit = "heads",
                 .direction = lab::Direction::above,
                 .margin = 2},
                over_seeds(strengths, strong))};
}

std::vector<lab::Section> induction_sections(const lab::Records& records) {
  if (records.empty()) return {};
  lab::Section section{.title = "Induction heads"};
  section.blocks.emplace_back(
      "Two items, each with one of two labels that are drawn anew for the row, then one of the items again. No label belongs to a class, so "
      "only "
      "the context can tell; a guess between its two labels loses ln 2.");
  lab::Figure loss{.title = "Loss",
                   .caption = "Cross-entropy on new rows, mean over seeds with Student's 95 % interval.",
                   .x_label = "step",
                   .y_label = "nats",
                   .reference_lines = {{"either label (ln 2)", 0.6931}}};
  for (const lab::Coordinates& question : {kTraining, kNewPairs, kHoldout})
    loss.series.push_back(lab::series_over_steps(question.at("question"), records, measured(kCrossEntropy, question), /*is_share=*/false));
  lab::Figure heads{
      .title = "Strength of the second layer's heads",
      .caption =
          "What the query gives the right label, less what it gives the other. Heads by their rank at each step; mean over seeds with "
          "Student's 95 % interval.",
      .x_label = "step",
      .y_label = "strength",
      .series = ranked_heads(records)};
  section.blocks.emplace_back(std::move(loss));
  section.blocks.emplace_back(std::move(heads));
  return {std::move(section)};
}

}  // namespace manabi::study::transience
