// The stylised model against naive forms of its two predictors and of their mixture.
#include "model/network/pairs/gated_pair_model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace manabi::model {
namespace {

constexpr int64_t kReplicas = 2, kRows = 3;
constexpr GatedPairConfig kConfig = {.pairs = 3, .input_width = 5, .labels = 4, .hidden_width = 8};

PairInputs random_rows(int64_t pairs) {
  at::manual_seed(1);
  return {.inputs = at::randn({kReplicas, kRows, pairs + 1, kConfig.input_width}),
          .labels = at::randint(kConfig.labels, {kReplicas, kRows, pairs}, at::kLong),
          .offsets = at::zeros({kReplicas, kRows}, at::kLong)};
}

template <class Model>
struct Built {
  explicit Built(const GatedPairConfig& config) : model(config, plan), parameters(plan, kReplicas, at::kFloat) {
    for (int64_t replica = 0; replica < kReplicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  }
  tensor::ParameterLeaves leaves() const { return {parameters, 0, at::zeros_like(parameters.values())}; }

  tensor::ParameterPlan plan;
  Model model;
  tensor::ParameterBuffer parameters;
};

// [C] of one row at the temperature with which training begins, e.
std::vector<double> naive_reader(const PairInputs& rows, int64_t replica, int64_t row) {
  const at::Tensor inputs = rows.inputs[replica][row];
  std::vector<double> label_weights(kConfig.labels);
  double all = 0;
  for (int64_t item = 0; item < kConfig.pairs; ++item) {
    const double distance = (inputs[item] - inputs[kConfig.pairs]).square().sum().item<double>();
    const double weight = std::exp(-distance / std::exp(1.0));
    label_weights[static_cast<size_t>(rows.labels[replica][row][item].item<int64_t>())] += weight;
    all += weight;
  }
  for (double& weight : label_weights) weight /= all;
  return label_weights;
}

TEST(InContextPredictor, IsTheMeanOfTheLabelsWeighedBySimilarity) {
  const Built<InContextPredictor> built(kConfig);
  const PairInputs rows = random_rows(kConfig.pairs);
  const at::Tensor probabilities = built.model.probabilities(built.leaves(), rows);
  for (int64_t replica = 0; replica < kReplicas; ++replica)
    for (int64_t row = 0; row < kRows; ++row)
      for (int64_t label = 0; label < kConfig.labels; ++label)
        EXPECT_NEAR(probabilities[replica][row][label].item<double>(), naive_reader(rows, replica, row)[static_cast<size_t>(label)], 1e-5);
}

TEST(InContextPredictor, WithOneItemIsItsLabelDownToTheFloor) {
  GatedPairConfig config = kConfig;
  config.pairs = 1;
  const Built<InContextPredictor> built(config);
  const PairInputs rows = random_rows(1);
  const at::Tensor losses = -built.model.logits(built.leaves(), rows).log_softmax(-1);
  for (int64_t label = 0; label < config.labels; ++label) {
    const double expected = label == rows.labels[0][0][0].item<int64_t>() ? 0 : -std::log(1e-7);
    EXPECT_NEAR(losses[0][0][label].item<double>(), expected, 1e-4);
  }
}

TEST(InContextPredictor, LearnsItsTemperatureFromTwoItemsOn) {
  const Built<InContextPredictor> built(kConfig);
  const tensor::ParameterLeaves leaves = built.leaves();
  torch::autograd::backward({built.model.logits(leaves, random_rows(kConfig.pairs)).select(2, 0).sum()}, {});
  EXPECT_TRUE((leaves.gradients().select(1, 0) != 0).all().item<bool>());
}

TEST(GatedPairModel, IsTheMixtureThatItsGateSays) {
  const Built<GatedPairModel> built(kConfig);
  const Built<InWeightPredictor> in_weight(kConfig);
  const Built<InContextPredictor> in_context(kConfig);
  const PairInputs rows = random_rows(kConfig.pairs);
  const at::Tensor share = built.model.share_of_weights(built.leaves(), rows);
  EXPECT_TRUE(((share > 0) & (share < 1)).all().item<bool>());
  // Streams of initial values are named by the parameter, so the predictors alone are those inside the mixture.
  const at::Tensor expected = share * in_weight.model.logits(in_weight.leaves(), rows).softmax(-1) +
                              (1 - share) * in_context.model.probabilities(in_context.leaves(), rows);
  EXPECT_TRUE(at::allclose(built.model.logits(built.leaves(), rows).exp(), expected, 1e-4, 1e-6));
}

TEST(GatedPairModel, WithFrozenPredictorsOnlyTheGateHasGradients) {
  Built<GatedPairModel> declared(kConfig);
  declared.plan.freeze(InWeightPredictor::kPrefix);
  declared.plan.freeze(InContextPredictor::kPrefix);
  tensor::ParameterBuffer parameters(declared.plan, kReplicas, at::kFloat);
  for (int64_t replica = 0; replica < kReplicas; ++replica) parameters.initialise(replica, 3);
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  torch::autograd::backward({declared.model.logits(leaves, random_rows(kConfig.pairs)).select(2, 0).sum()}, {});
  for (tensor::ParameterId id = 0; id < parameters.shapes().size(); ++id) {
    const bool is_gate = parameters.shapes()[id].name.starts_with("gate.");
    EXPECT_EQ(parameters.view_of(leaves.gradients(), id).abs().sum().item<double>() > 0, is_gate) << parameters.shapes()[id].name;
  }
}

}  // namespace
}  // namespace manabi::model
