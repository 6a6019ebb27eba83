// Linear self-attention on linear regression (von Oswald et al. 2023, sections 3 and 4, as the published code has it): inputs uniform over
// (-1/2, 1/2), ten examples of ten numbers, no noise; the query's value is asked alone.
#include "study/descent/attention.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "learn/theory/regression/descent.h"
#include "learn/theory/regression/linear.h"
#include "model/network/values/attention_steps.h"
#include "study/descent/experiment.h"
#include "world/values/function_world.h"

namespace manabi::study::descent {
namespace {

constexpr int64_t kInputWidth = 10, kPoints = 11, kBatch = 2048;
constexpr int64_t kTuningTasks = 10'000;  // on which the rates of descent are chosen
constexpr uint64_t kTuningSeed = 0x7475;  // the same for every network
constexpr int64_t kShiftedTasks = 2000;
constexpr double kMostRate = 5;  // per example: rates of descent are searched below

struct Shift {
  std::string name;
  double input_scale = 1, weight_scale = 1;
  int64_t replaced_values = 0;
};

const std::array<Shift, 7> kShifts = {{{.name = "inputs x 0.5", .input_scale = 0.5},
                                       {.name = "inputs x 1.5", .input_scale = 1.5},
                                       {.name = "inputs x 2", .input_scale = 2},
                                       {.name = "weights x 0.5", .weight_scale = 0.5},
                                       {.name = "weights x 3", .weight_scale = 3},
                                       {.name = "4 values replaced", .replaced_values = 4},
                                       {.name = "8 values replaced", .replaced_values = 8}}};

std::shared_ptr<const world::ValueWorld> world_of(uint64_t seed, const Shift& shift = {}) {
  return std::make_shared<world::FunctionWorld>(
      std::make_shared<world::LinearFunctions>(kInputWidth, shift.weight_scale),
      world::FunctionWorldConfig{.points = kPoints,
                                 .inputs = {.kind = world::InputKind::uniform, .scale = shift.input_scale},
                                 .replaced_values = shift.replaced_values,
                                 .seed = seed});
}

// Tasks of one replica as learners of theory take them.
struct Tasks {
  model::ValueRows rows;  // [1, B, T, I]

  learn::Examples examples() const {
    return {.inputs = rows.inputs[0].narrow(1, 0, kPoints - 1), .values = rows.values[0].narrow(1, 0, kPoints - 1)};
  }
  at::Tensor queries() const { return rows.inputs[0].narrow(1, kPoints - 1, 1); }
  at::Tensor wanted() const { return rows.values[0].select(1, kPoints - 1).to(at::kDouble); }
  // Half the mean squared error of what is told [B].
  double loss(const at::Tensor& told) const { return 0.5 * (told - wanted()).square().mean().item<double>(); }
};

Tasks tasks(uint64_t seed, int64_t count, const Shift& shift = {}) { return {tasks_of(world_of(seed, shift), count)}; }

double loss_of(const learn::Regressor& regressor, const Tasks& asked) {
  return asked.loss(regressor.tell(asked.examples(), asked.queries()).squeeze(1));
}

double tuned_rate(int64_t steps, const Tasks& tuning) {
  return learn::best_rate(steps, tuning.rows.inputs[0], tuning.rows.values[0], kMostRate);
}

// The best rate and curvature: a grid around the best so far, which closes in.
learn::CurvedDescent tuned_curved_descent(int64_t steps, double rate, const Tasks& tuning) {
  double curvature = 0.1, rate_span = 2, curvature_span = 0.1;
  const auto loss = [&](int64_t count, double at_rate, double at_curvature) {
    const double value = loss_of(learn::CurvedDescent(count, at_rate, at_curvature), tuning);
    return std::isfinite(value) ? value : std::numeric_limits<double>::max();
  };
  double best = loss(steps, rate, curvature);
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    const double rate_at = rate, curvature_at = curvature;
    for (int i = -2; i <= 2; ++i)
      for (int j = -2; j <= 2; ++j) {
        const double other_rate = rate_at + 0.5 * i * rate_span, other_curvature = curvature_at + 0.5 * j * curvature_span;
        if (other_rate <= 0 || other_curvature < 0) continue;
        const double value = loss(steps, other_rate, other_curvature);
        if (value >= best) continue;
        best = value, rate = other_rate, curvature = other_curvature;
      }
    const bool is_still = rate == rate_at && curvature == curvature_at;
    if (is_still) rate_span *= 0.5, curvature_span *= 0.5;
  }
  return {steps, rate, curvature};
}

class Attention final : public Experiment {
 public:
  std::string name() const override { return kAttention; }
  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    steps_ = scale == lab::RunScale::paper ? 50'000 : 5000;
  }
  base::OptionTable options() override;
  std::vector<NetworkSetting> settings() const override;
  ValueRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates& at) const override { return lab::integer_at(at, kLayers) > 3 ? 5e-4 : 1e-3; }
  std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates&, uint64_t seed) const override { return world_of(seed); }
  std::vector<NetworkMetric> metrics(const lab::Coordinates& at) const override;
  std::vector<double> measure(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                              int64_t replica) const override;
  std::vector<lab::Row> references(const lab::Cell& cell) const override;

 private:
  Tasks tasks_for(const lab::Cell& cell) const { return tasks(question_seed(seed_of(cell)), tasks_); }
  // Of so many steps of descent; found once.
  double rate_of_descent(int64_t steps) const {
    if (!rates_.contains(steps)) rates_[steps] = tuned_rate(steps, tasks(kTuningSeed, kTuningTasks));
    return rates_.at(steps);
  }

  mutable std::map<int64_t, double> rates_;  // by steps
  lab::RunScale scale_ = lab::RunScale::quick;
  int64_t steps_ = 5000;
  int64_t tasks_ = 10'000;
};

base::OptionTable Attention::options() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "attention-steps",
             .help = "of training, for attention alone",
             .target = &steps_,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000'000});
  table.add({.name = "tasks",
             .help = "new ones on which networks are asked",
             .target = &tasks_,
             .changes = Changes::value,
             .least = 2,
             .most = 10'000'000});
  return table;
}

std::vector<NetworkSetting> Attention::settings() const {
  const bool is_quick = scale_ == lab::RunScale::quick;
  std::vector<NetworkSetting> all;
  const auto add = [&](const char* network, int64_t layers) { all.push_back({.at = attention_at(network, layers), .part = "attention"}); };
  add(kLinear, 1);
  add(kLinear, 2);
  add(kSoftmax, 1);
  if (is_quick) return all;
  add(kTwoHeads, 1);
  for (const int64_t layers : {3, 5}) add(kLinear, layers);
  for (const int64_t layers : {2, 3}) add(kOwnLayers, layers);
  return all;
}

ValueRunPlan Attention::plan_of(const lab::Coordinates& at) const {
  const std::string kind = lab::text_at(at, kKind);
  const int64_t layers = lab::integer_at(at, kLayers);
  const bool has_softmax = kind == kSoftmax || kind == kTwoHeads;
  const model::AttentionStepsConfig config = {.layers = layers,
                                              .shares_layers = kind != kOwnLayers,
                                              .heads = kind == kTwoHeads ? 2 : 1,
                                              .weights = has_softmax ? tensor::AttentionWeights::softmax : tensor::AttentionWeights::linear,
                                              .clip = layers > 3 ? 10.0 : 0.0,
                                              .points = kPoints,
                                              .input_width = kInputWidth};
  const int64_t steps = kind == kOwnLayers ? 2 * steps_ : steps_;
  std::vector<int64_t> measured = evenly_spaced(steps, 10);
  measured.insert(measured.begin(), 0);
  return {.model = [config](tensor::ParameterPlan& plan) { return std::make_unique<model::AttentionSteps>(config, plan); },
          .model_made_of = model::described(config),
          .loss = {.asked = learn::ValuesAsked::last, .weight = 0.5},
          .optimiser = {.beta1 = 0.9, .beta2 = 0.98},
          .tokens = kPoints * layers,
          .batch = kBatch,
          .clip_norm = layers <= 2 ? 0.001 : 10,
          .steps = steps,
          .measured_after = measured};
}

bool is_one_linear_layer(const lab::Coordinates& at) { return lab::text_at(at, kKind) == kLinear && lab::integer_at(at, kLayers) == 1; }

std::vector<NetworkMetric> Attention::metrics(const lab::Coordinates& at) const {
  std::vector<NetworkMetric> all = {
      {.name = kTaskLoss, .at = loss_at(kNetwork)}, {.name = kDifference}, {.name = kSlopeDifference}, {.name = kCosine}};
  for (NetworkMetric& metric : all) metric.n = tasks_;
  for (const Shift& shift : kShifts) all.push_back({.name = kTaskLoss, .at = loss_at(kNetwork, shift.name), .n = kShiftedTasks});
  if (is_one_linear_layer(at)) {
    all.push_back({.name = kMixedLoss, .n = tasks_});
    all.push_back({.name = kLearnedRate, .n = 1});
  }
  return all;
}

// The trained layer with its scale moved from the scores to the update: the inputs' part of the scores is 1 on average.
model::MergedLayer balanced(const model::MergedLayer& layer) {
  const at::Tensor size = layer.scores[0][0].diagonal().narrow(0, 0, kInputWidth).mean();
  return {.scores = layer.scores / size, .update = layer.update * size};
}

std::vector<double> Attention::measure(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                                       int64_t replica) const {
  const Tasks asked = tasks_for(cell);
  const double rate = rate_of_descent(lab::integer_at(cell.at, kLayers));
  const learn::GradientDescent descent(lab::integer_at(cell.at, kLayers), rate);
  const at::Tensor told = learn::told_values(model, parameters, replica, asked.rows, learn::ValuesAsked::last).squeeze(1);
  const at::Tensor slopes = learn::sensitivities(model, parameters, replica, asked.rows), weights = descent.weights(asked.examples());
  std::vector<double> values = {
      asked.loss(told), (told - descent.tell(asked.examples(), asked.queries()).squeeze(1)).abs().mean().item<double>(),
      (slopes - weights).norm(2, 1).mean().item<double>(), at::cosine_similarity(slopes, weights, 1, 1e-8).mean().item<double>()};
  for (const Shift& shift : kShifts) {
    const Tasks shifted = tasks(question_seed(seed_of(cell)), kShiftedTasks, shift);
    values.push_back(shifted.loss(learn::told_values(model, parameters, replica, shifted.rows, learn::ValuesAsked::last).squeeze(1)));
  }
  if (is_one_linear_layer(cell.at)) {
    const auto& attention = dynamic_cast<const model::AttentionSteps&>(model);
    const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options()));
    const c10::NoGradGuard guard;
    const model::MergedLayer trained = balanced(attention.merged(leaves).front());
    const model::MergedLayer built = model::descent_layer(kInputWidth, rate, 0, trained.scores.options());
    const model::MergedLayer mixed = {.scores = (trained.scores + built.scores) / 2, .update = (trained.update + built.update) / 2};
    const model::ValueRows rows = {.inputs = asked.rows.inputs.to(trained.scores.options()),
                                   .values = asked.rows.values.to(trained.scores.options())};
    values.push_back(asked.loss(attention.last_with({mixed}, rows)[0].to(at::kCPU, at::kDouble)));
    values.push_back(-trained.update[0][0][kInputWidth][kInputWidth].item<double>());
  }
  return values;
}

std::vector<lab::Row> Attention::references(const lab::Cell& cell) const {
  const int64_t layers = lab::integer_at(cell.at, kLayers);
  const double rate = rate_of_descent(layers);
  const learn::GradientDescent descent(layers, rate);
  const Tasks asked = tasks_for(cell);
  std::vector<lab::Row> rows;
  const auto add = [&](const char* learner, double loss) {
    rows.push_back({.metric = kTaskLoss, .at = loss_at(learner), .value = loss, .n = tasks_});
  };
  add(kDescent, loss_of(descent, asked));
  add(kCurved, loss_of(tuned_curved_descent(layers, rate, tasks(kTuningSeed, kTuningTasks)), asked));
  add(kLeastSquares, loss_of(learn::LeastSquares(), asked));
  add(kZero, asked.loss(at::zeros_like(asked.wanted())));
  for (const Shift& shift : kShifts)
    rows.push_back({.metric = kTaskLoss,
                    .at = loss_at(kDescent, shift.name),
                    .value = loss_of(descent, tasks(question_seed(seed_of(cell)), kShiftedTasks, shift)),
                    .n = kShiftedTasks});
  rows.push_back({.metric = kBestRate, .value = rate, .n = kTuningTasks});
  return rows;
}

}  // namespace

lab::Coordinates loss_at(const std::string& learner, const std::string& shift) { return {{kLearner, learner}, {kShift, shift}}; }

lab::Coordinates attention_at(const std::string& network, int64_t layers) {
  return {{kExperiment, kAttention}, {kKind, network}, {kLayers, std::to_string(layers)}};
}

std::unique_ptr<Experiment> attention_experiment() { return std::make_unique<Attention>(); }

}  // namespace manabi::study::descent
