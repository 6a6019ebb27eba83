#include "study/in_weights/gate/gate.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <memory>

#include "model/network/pairs/gated_pair_model.h"

namespace manabi::study::in_weights {
namespace {

constexpr const char* kPart = "gate";

model::GatedPairConfig config_of(const lab::Coordinates& at) {
  const world::ClassMixtureConfig world = training_world(condition_at(at), 0);
  return {.pairs = world.pairs, .input_width = world.input_width, .labels = world.classes()};
}

template <class Model>
MakePairModel maker_of(const model::GatedPairConfig& config) {
  return [config](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<Model>(config, plan); };
}

MakePairModel maker_of(const std::string& predictor, const model::GatedPairConfig& config) {
  if (predictor == kInWeight) return maker_of<model::InWeightPredictor>(config);
  if (predictor == kInContext) return maker_of<model::InContextPredictor>(config);
  return maker_of<model::GatedPairModel>(config);
}

// [R]: of the rows of one question, one world a replica.
at::Tensor shares_of_weights(const model::GatedPairModel& model, const tensor::ParameterLeaves& leaves, const learn::PairWorlds& worlds,
                             int64_t rows) {
  const learn::PairBatch batch = learn::draw_pairs(worlds, 0, 0, rows).to(leaves.gradients().options());
  return model.share_of_weights(leaves, batch.rows).mean({1, 2}).to(at::kCPU, at::kDouble);
}

}  // namespace

lab::Coordinates gate_at(const Condition& condition, const char* rows) {
  lab::Coordinates at = with_predictor(coordinates_of(condition), kGate);
  at[kGateRows] = rows;
  return at;
}

world::ClassMixtureConfig training_rows(const lab::Coordinates& at, uint64_t seed) {
  constexpr uint64_t kNewRowSeeds = uint64_t{1} << 41;  // apart from every other seed
  world::ClassMixtureConfig config = training_world(condition_at(at), seed);
  if (at.contains(kGateRows) && at.at(kGateRows) == kNewRows) config.row_seed = seed + kNewRowSeeds;
  return config;
}

std::vector<NetworkSetting> gate_settings(lab::RunScale scale) {
  std::vector<Condition> conditions;
  const auto add = [&](const std::vector<Condition>& more) { conditions.insert(conditions.end(), more.begin(), more.end()); };
  std::vector<int64_t> exponents = {6, 8, 10, 12, 14, 16};
  if (scale == lab::RunScale::quick) exponents = {6, 10, 14};
  if (scale == lab::RunScale::paper) exponents = {6, 8, 10, 12, 14, 16, 18, 20};
  add(over_rows({}, exponents));
  if (scale != lab::RunScale::quick) add(over_rows({.noise = 0.4}, exponents));

  std::vector<NetworkSetting> settings;
  for (const char* predictor : {kInWeight, kInContext})
    for (const Condition& condition : conditions)
      settings.push_back({.at = with_predictor(coordinates_of(condition), predictor), .part = kPart});
  for (const Condition& condition : conditions) settings.push_back({.at = gate_at(condition), .part = kPart});
  if (scale == lab::RunScale::quick) return settings;
  for (const Condition& condition : conditions)
    if (condition.noise == Condition{}.noise) settings.push_back({.at = gate_at(condition, kSameRows), .part = kPart});
  // What the in-context predictor loses to context items of other classes.
  for (const int64_t copies : {1, 2, 3, 4}) {
    const Condition condition = {.pairs = 4, .relevant_pairs = copies};
    settings.push_back({.at = with_predictor(coordinates_of(condition), kInContext), .part = kPart});
  }
  return settings;
}

PairRunPlan gate_plan(const lab::Coordinates& at, const PairTrainingOptions& options) {
  const model::GatedPairConfig config = config_of(at);
  base::Json made_of = model::described(config);
  made_of["kind"] = predictor_of(at);
  return {.model = maker_of(predictor_of(at), config),
          .model_made_of = made_of,
          .pairs = config.pairs,
          .batch = options.batch,
          .steps = options.steps,
          .measured_after = {options.steps}};
}

// Both predictors are trained apart, on one data set, and the gate alone afterwards.
std::vector<TakenParameters> gate_takes(const lab::Coordinates& at) {
  if (predictor_of(at) != kGate) return {};
  lab::Coordinates setting = at;
  setting.erase(lab::kSeed);
  setting.erase(kGateRows);
  return {{.from = with_predictor(setting, kInWeight), .prefix = model::InWeightPredictor::kPrefix},
          {.from = with_predictor(setting, kInContext), .prefix = model::InContextPredictor::kPrefix}};
}

std::vector<NetworkMetric> gate_metrics(const lab::Coordinates& at) {
  if (predictor_of(at) == kInContext) return {{.name = kTemperature}};
  std::vector<NetworkMetric> metrics;
  if (predictor_of(at) == kGate)
    for (const Question& question : base_questions()) metrics.push_back({.name = kShareOfWeights, .at = question.at()});
  return metrics;
}

std::vector<std::vector<double>> measure_gate(std::span<const lab::Cell> cells, const model::PairModel& model,
                                              const tensor::ParameterBuffer& parameters, int64_t rows) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  std::vector<std::vector<double>> values(cells.size());
  const auto add = [&](const at::Tensor& of_replicas) {
    for (size_t replica = 0; replica < cells.size(); ++replica)
      values[replica].push_back(of_replicas[static_cast<int64_t>(replica)].item<double>());
  };
  if (const auto* reader = dynamic_cast<const model::InContextPredictor*>(&model)) add(reader->temperature(leaves).squeeze(1));
  if (const auto* gated = dynamic_cast<const model::GatedPairModel*>(&model)) {
    for (const Question& question : base_questions()) {
      learn::PairWorlds worlds;
      for (const lab::Cell& cell : cells)
        worlds.push_back(std::make_shared<world::ClassMixtureWorld>(
            question_world(condition_at(cell.at), static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)), question)));
      add(shares_of_weights(*gated, leaves, worlds, rows));
    }
  }
  return values;
}

}  // namespace manabi::study::in_weights
