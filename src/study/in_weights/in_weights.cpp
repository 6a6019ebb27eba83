// From its context or from its weights? Chan, Chen, György and Schuurmans (2024): a small transformer sees frequent and rare classes of noisy
// vectors, in contexts that mostly hold the query's class. Which of its two sources does it answer from, as the data set grows?
#include <algorithm>
#include <memory>

#include "study/equipment.h"
#include "study/in_weights/claims.h"
#include "study/in_weights/conditions.h"
#include "study/in_weights/evidence.h"
#include "study/in_weights/sections.h"
#include "study/training/pair_runs.h"

namespace manabi::study {
namespace in_weights {
namespace {

constexpr int64_t kReplicasTogether = 8;  // that train as one
constexpr int64_t kQuickSeeds = 3, kSeeds = 5;

struct Options {
  int64_t steps = 20'000;
  int64_t batch = 32;
  double lr = 3e-4;
  int64_t questions = 3000;
};

class InWeights final : public lab::Study {
 public:
  explicit InWeights(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "in-weights",
        .title = "From its context or from its weights?",
        .question =
            "A small transformer is trained on frequent and rare classes of noisy vectors, in contexts that mostly hold the query's class. "
            "Which of its two sources does it answer from, as the data set grows?",
        .paper =
            "Bryan Chan, Xinyi Chen, András György, Dale Schuurmans (2024): Toward Understanding In-context vs. In-weight Learning. ICLR 2025.",
        .link = "https://arxiv.org/abs/2410.23042"};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
    if (scale == lab::RunScale::paper) options_.steps = 50'000;
  }

  base::OptionTable options() override;
  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return in_weights::together(); }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override {
    return std::ssize(group) * options_.steps * (2 * lab::integer_at(group.front().at, "pairs") + 1);
  }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return claims_of(Evidence(records)); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return sections_of(records); }

 private:
  PairRunPlan plan_of(std::span<const lab::Cell> cells) const;
  std::vector<std::vector<double>> ask(std::span<const lab::Cell> cells, const model::PairNetwork& network,
                                       const tensor::ParameterBuffer& parameters) const;
  void measure_some(std::span<const lab::Cell> cells, lab::Workbench& bench, lab::Records& records) const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
};

base::OptionTable InWeights::options() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "steps", .help = "of training", .target = &options_.steps, .changes = Changes::value, .least = 1, .most = 1'000'000'000});
  table.add({.name = "batch", .help = "rows of one step", .target = &options_.batch, .changes = Changes::value, .least = 1, .most = 1'000'000});
  table.add({.name = "lr", .help = "learning rate of Adam, constant", .target = &options_.lr, .changes = Changes::value});
  table.add({.name = "questions",
             .help = "new rows on which each question is asked",
             .target = &options_.questions,
             .changes = Changes::value,
             .least = 1,
             .most = 10'000'000});
  return table;
}

std::vector<lab::Cell> InWeights::grid() {
  const EquipmentOptions& asked = equipment_.options();
  const int64_t seeds = asked.seeds > 0 ? asked.seeds : scale_ == lab::RunScale::quick ? kQuickSeeds : kSeeds;
  lab::Coordinates inputs = equipment_.training_inputs();
  inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
  std::vector<lab::Cell> cells;
  for (const PlannedCondition& planned : conditions(scale_)) {
    for (int64_t seed = asked.seed; seed < asked.seed + seeds; ++seed) {
      lab::Cell cell{.at = coordinates_of(planned.condition), .inputs = inputs, .part = planned.part};
      cell.at["seed"] = std::to_string(seed);
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

// Two blocks, one head; the input is the token itself; an input and its label share a position (section 4).
PairRunPlan InWeights::plan_of(std::span<const lab::Cell> cells) const {
  const Condition shape = condition_at(cells.front().at);
  const world::ClassMixtureConfig any = training_world(shape, 0);
  PairRunPlan plan{.network = {.decoder = {.layers = 2, .width = any.input_width, .heads = 1},
                               .pairs = any.pairs,
                               .input_width = any.input_width,
                               .labels = any.classes(),
                               .positions = model::Positions::sinusoidal,
                               .pairs_share_positions = true,
                               .maps_inputs = false},
                   .batch = options_.batch,
                   .steps = options_.steps,
                   .measured_after = {options_.steps / 8, options_.steps / 4, options_.steps / 2, options_.steps},
                   .measure_name = "in-weights 1, " + std::to_string(options_.questions) + " rows a question",
                   .description = "in-weights: " + std::to_string(cells.size()) + " networks, " + std::to_string(any.pairs) + " pairs"};
  const auto repeated = std::ranges::unique(plan.measured_after);
  plan.measured_after.erase(repeated.begin(), repeated.end());
  std::erase(plan.measured_after, 0);
  for (const lab::Cell& cell : cells) {
    const auto seed = static_cast<uint64_t>(lab::integer_at(cell.at, "seed"));
    plan.replicas.push_back({.seed = seed,
                             .world = std::make_shared<world::ClassMixtureWorld>(training_world(condition_at(cell.at), seed)),
                             .world_made_of = base::Json(cell.at),
                             .lr = options_.lr});
  }
  return plan;
}

// [replicas][questions]: errors.
std::vector<std::vector<double>> InWeights::ask(std::span<const lab::Cell> cells, const model::PairNetwork& network,
                                                const tensor::ParameterBuffer& parameters) const {
  std::vector<std::vector<double>> errors(cells.size());
  for (const Question& question : questions()) {
    learn::PairWorlds worlds;
    for (const lab::Cell& cell : cells)
      worlds.push_back(std::make_shared<world::ClassMixtureWorld>(
          question_world(condition_at(cell.at), static_cast<uint64_t>(lab::integer_at(cell.at, "seed")), question)));
    const std::vector<learn::PairScores> scores = learn::judge_pairs(network, parameters, worlds, options_.questions, equipment_.threads());
    for (size_t replica = 0; replica < cells.size(); ++replica) errors[replica].push_back(scores[replica].error);
  }
  return errors;
}

void InWeights::measure_some(std::span<const lab::Cell> cells, lab::Workbench& bench, lab::Records& records) const {
  const auto measure = [&](const model::PairNetwork& network, const tensor::ParameterBuffer& parameters) {
    return ask(cells, network, parameters);
  };
  const PairRunResult result = train_pairs(plan_of(cells), measure, equipment_, bench);
  for (size_t replica = 0; replica < cells.size(); ++replica) {
    lab::CellRecord record{.cell = cells[replica]};
    for (const learn::Measurement& measurement : result.measurements) {
      for (size_t i = 0; i < questions().size(); ++i) {
        lab::Row row{.metric = kError, .at = questions()[i].at(), .value = measurement.values[replica][i], .n = options_.questions};
        row.at[kStep] = std::to_string(measurement.step);
        record.rows.push_back(std::move(row));
      }
    }
    record.rows.push_back({.metric = "diverged at step", .value = static_cast<double>(result.diverged_at[replica]), .n = 1});
    for (size_t i = 0; i < result.curves[replica].size(); ++i)
      record.rows.push_back({.metric = "loss",
                             .at = {{kStep, std::to_string(static_cast<int64_t>(i + 1) * result.curve_every)}},
                             .value = result.curves[replica][i],
                             .n = result.curve_every * options_.batch});
    records.push_back(std::move(record));
  }
}

lab::Records InWeights::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records;
  for (size_t begin = 0; begin < group.size(); begin += kReplicasTogether)
    measure_some(group.subspan(begin, std::min<size_t>(kReplicasTogether, group.size() - begin)), bench, records);
  return records;
}

}  // namespace
}  // namespace in_weights

std::unique_ptr<lab::Study> make_in_weights(Equipment& equipment) { return std::make_unique<in_weights::InWeights>(equipment); }

}  // namespace manabi::study
