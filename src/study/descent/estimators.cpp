// Which estimator is a decoder (Akyürek, Schuurmans, Andreas, Ma and Zhou 2023, sections 4 and 5): decoders of several depths and widths on
// linear regression with and without noise, set beside the estimators that a statistician would use on the same examples.
#include "study/descent/estimators.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "learn/theory/regression/descent.h"
#include "learn/theory/regression/linear.h"
#include "learn/theory/regression/local.h"
#include "model/network/values/value_network.h"
#include "study/descent/experiment.h"
#include "world/values/function_world.h"

namespace manabi::study::descent {
namespace {

constexpr int64_t kBatch = 64;

std::shared_ptr<const world::ValueWorld> world_of(const lab::Coordinates& at, uint64_t seed) {
  const NoiseLevel& level = noise_level(lab::text_at(at, kNoise));
  return std::make_shared<world::FunctionWorld>(std::make_shared<world::LinearFunctions>(kEstimatorInputs, level.deviation),
                                                world::FunctionWorldConfig{.points = kEstimatorPoints, .noise = level.noise, .seed = seed});
}

// One step of descent at the rate that is best for each number of examples: the strongest form of that estimator.
class TunedDescent final : public learn::Regressor {
 public:
  std::string name() const override { return "one step of descent"; }

 protected:
  // For standard normal inputs: the rate with the least expected error, from E (X^T X)^2 = K (K + I + 1) 1.
  at::Tensor tell_some(const learn::Examples& examples, const at::Tensor& queries) const override {
    const auto count = static_cast<double>(examples.values.size(1)), width = static_cast<double>(examples.inputs.size(2));
    return learn::GradientDescent(1, 1 / (count + width + 1)).tell(examples, queries);
  }
};

class EstimatorExperiment final : public Experiment {
 public:
  std::string name() const override { return kEstimators; }
  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    steps_ = scale == lab::RunScale::quick ? 3000 : scale == lab::RunScale::full ? 10'000 : 500'000;
  }
  base::OptionTable options() override;
  std::vector<NetworkSetting> settings() const override;
  ValueRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return 1e-3; }
  std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return world_of(at, seed);
  }
  std::vector<NetworkMetric> metrics(const lab::Coordinates& at) const override;
  std::vector<double> measure(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                              int64_t replica) const override;
  std::vector<lab::Row> references(const lab::Cell& cell) const override;

 private:
  model::ValueRows tasks_for(const lab::Cell& cell) const { return tasks_of(world_of(cell.at, question_seed(seed_of(cell))), tasks_); }

  lab::RunScale scale_ = lab::RunScale::quick;
  int64_t steps_ = 3000;
  int64_t tasks_ = 2000;
};

base::OptionTable EstimatorExperiment::options() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "decoder-steps",
             .help = "of training, for decoders",
             .target = &steps_,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000'000});
  table.add({.name = "rows",
             .help = "new ones on which decoders are asked",
             .target = &tasks_,
             .changes = Changes::value,
             .least = 2,
             .most = 10'000'000});
  return table;
}

std::vector<NetworkSetting> EstimatorExperiment::settings() const {
  std::vector<NetworkSetting> all;
  const auto add = [&](const lab::Coordinates& at, const char* part) { all.push_back({.at = at, .part = part}); };
  add(estimators_at(1), "depth");
  add(estimators_at(4), "depth");
  if (scale_ == lab::RunScale::quick) return all;
  add(estimators_at(2), "depth");
  for (const char* noise : {"1/9", "4/9"}) add(estimators_at(4, 64, noise), "noise");
  for (const int64_t width : {16, 32}) add(estimators_at(4, width), "width");
  return all;
}

ValueRunPlan EstimatorExperiment::plan_of(const lab::Coordinates& at) const {
  const model::ValueNetworkConfig config = {
      .decoder = {.layers = lab::integer_at(at, kLayers), .width = lab::integer_at(at, kWidth), .heads = 4},
      .points = kEstimatorPoints,
      .input_width = kEstimatorInputs,
      .tokens = model::ValueTokens::own_number};
  std::vector<int64_t> measured = evenly_spaced(steps_, 5);
  measured.insert(measured.begin(), 0);
  return {.model = [config](tensor::ParameterPlan& plan) { return std::make_unique<model::ValueNetwork>(config, plan); },
          .model_made_of = model::described(config),
          .optimiser = {.beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-9},
          .schedule = {.decay = learn::Decay::cosine, .warm_up = steps_ / 5, .steps = steps_},
          .tokens = 2 * kEstimatorPoints,
          .token_cost = 2 * config.decoder.layers,
          .batch = kBatch,
          .steps = steps_,
          .measured_after = measured};
}

lab::Coordinates row_at(const std::string& learner, int64_t examples) { return {{kLearner, learner}, {kExamples, std::to_string(examples)}}; }

std::vector<NetworkMetric> EstimatorExperiment::metrics(const lab::Coordinates&) const {
  std::vector<NetworkMetric> all;
  for (int64_t examples = 0; examples < kEstimatorPoints; ++examples)
    all.push_back({.name = kSquaredError, .at = row_at(kNetwork, examples), .n = tasks_});
  for (const auto& estimator : estimators())
    for (int64_t examples = 1; examples < kEstimatorPoints; ++examples)
      all.push_back({.name = kSquaredDifference, .at = row_at(estimator->name(), examples), .n = tasks_});
  return all;
}

// Means over rows [B, T] from point `first` on.
void add_means(const at::Tensor& squares, int64_t first, std::vector<double>& values) {
  const at::Tensor means = squares.mean(0).contiguous();
  values.insert(values.end(), means.const_data_ptr<double>() + first, means.const_data_ptr<double>() + means.size(0));
}

std::vector<double> EstimatorExperiment::measure(const lab::Cell& cell, const model::ValueModel& model,
                                                 const tensor::ParameterBuffer& parameters, int64_t replica) const {
  const model::ValueRows asked = tasks_for(cell);
  const at::Tensor told = learn::told_values(model, parameters, replica, asked, learn::ValuesAsked::every);
  std::vector<double> values;
  add_means(learn::squared_errors(told, asked), 0, values);
  for (const auto& estimator : estimators())
    add_means((told - learn::tell_every(*estimator, asked.inputs[0], asked.values[0])).square(), 1, values);
  return values;
}

std::vector<lab::Row> EstimatorExperiment::references(const lab::Cell& cell) const {
  const model::ValueRows asked = tasks_for(cell);
  std::vector<lab::Row> rows;
  for (const auto& estimator : estimators()) {
    std::vector<double> means;
    add_means(learn::squared_errors(learn::tell_every(*estimator, asked.inputs[0], asked.values[0]), asked), 0, means);
    for (size_t examples = 0; examples < means.size(); ++examples)
      rows.push_back(
          {.metric = kSquaredError, .at = row_at(estimator->name(), static_cast<int64_t>(examples)), .value = means[examples], .n = tasks_});
  }
  return rows;
}

}  // namespace

const std::vector<NoiseLevel>& noise_levels() {
  static const std::vector<NoiseLevel> all = {{"0", 0, 1}, {"1/16", 0.25, 1}, {"1/9", 0.5, 1.5}, {"1/4", 0.5, 1}, {"4/9", 0.5, 0.75}};
  return all;
}

const NoiseLevel& noise_level(const std::string& name) {
  const auto found = std::ranges::find(noise_levels(), name, &NoiseLevel::name);
  if (found == noise_levels().end()) throw base::Error({.where = kNoise, .given = name, .expected = "0, 1/16, 1/9, 1/4 or 4/9"});
  return *found;
}

const learn::Regressors& estimators() {
  static const learn::Regressors all = [] {
    learn::Regressors learners = {std::make_shared<TunedDescent>(), std::make_shared<learn::LeastSquares>()};
    for (const NoiseLevel& level : noise_levels())
      if (level.noise > 0) learners.push_back(learn::bayes_for_linear(level.noise, level.deviation));
    learners.push_back(std::make_shared<learn::OnlineDescent>(0.03));
    learners.push_back(std::make_shared<learn::NearestNeighbours>(3));
    learners.push_back(std::make_shared<learn::NearestNeighbours>(3, learn::NeighbourWeights::inverse_square));
    return learners;
  }();
  return all;
}

lab::Coordinates estimators_at(int64_t layers, int64_t width, const std::string& noise) {
  return {{kExperiment, kEstimators}, {kKind, "decoder"}, {kLayers, std::to_string(layers)}, {kWidth, std::to_string(width)}, {kNoise, noise}};
}

std::unique_ptr<Experiment> estimator_experiment() { return std::make_unique<EstimatorExperiment>(); }

}  // namespace manabi::study::descent
