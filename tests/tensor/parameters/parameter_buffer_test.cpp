#include "tensor/parameters/parameter_buffer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/parameters/optimiser.h"
#include "tests/support/error.h"
#include "tests/tensor/devices.h"

namespace manabi::tensor {
namespace {

using testing::HasSubstr;

ParameterPlan small_plan() {
  ParameterPlan plan;
  plan.add({.name = "gain", .sizes = {3}, .initial = {.scale = 1}});
  plan.add({.name = "matrix", .sizes = {5, 7}, .initial = {.kind = Initial::Kind::normal, .scale = 0.5}, .decays = true});
  plan.add({.name = "bias", .sizes = {20}});
  return plan;
}

TEST(ParameterBuffer, ParametersThatDecayLieFirstAndGapsStayZero) {
  ParameterBuffer buffer(small_plan(), 2, at::kFloat);
  for (int64_t replica = 0; replica < 2; ++replica) buffer.initialise(replica, 1);
  EXPECT_EQ(buffer.place(1).begin, 0);
  EXPECT_EQ(buffer.decaying(), 48);
  EXPECT_EQ(buffer.parameter_count(), 3 + 35 + 20);
  EXPECT_TRUE(at::equal(buffer.values().narrow(1, 35, 13), at::zeros({2, 13})));
  EXPECT_TRUE(at::equal(buffer.view("gain"), at::ones({2, 3})));
}

TEST(ParameterBuffer, AReplicaDependsOnItsSeedAlone) {
  ParameterBuffer two(small_plan(), 2, at::kFloat), one(small_plan(), 1, at::kDouble);
  two.initialise(0, 8);
  two.initialise(1, 9);
  one.initialise(0, 9);
  EXPECT_TRUE(at::equal(two.view("matrix")[1], one.view("matrix")[0].to(at::kFloat)));
  EXPECT_FALSE(at::equal(two.view("matrix")[0], two.view("matrix")[1]));
}

TEST(ParameterBuffer, InitialValuesHaveTheirDeviation) {
  ParameterPlan plan;
  const int64_t count = 20'000;
  plan.add({.name = "normal", .sizes = {count}, .initial = {.kind = Initial::Kind::normal, .scale = 2}});
  plan.add({.name = "truncated", .sizes = {count}, .initial = {.kind = Initial::Kind::truncated_normal, .scale = 2}});
  plan.add({.name = "uniform", .sizes = {count}, .initial = {.kind = Initial::Kind::uniform, .scale = 3}});
  ParameterBuffer buffer(plan, 1, at::kDouble);
  buffer.initialise(0, 1);
  EXPECT_NEAR(buffer.view("normal").std().item<double>(), 2, 0.05);
  EXPECT_NEAR(buffer.view("truncated").std().item<double>(), 2, 0.05);
  EXPECT_LT(buffer.view("truncated").abs().max().item<double>(), 4.56);  // two deviations of the normal that was cut
  EXPECT_NEAR(buffer.view("uniform").std().item<double>(), 3 / std::sqrt(3), 0.05);
}

TEST(ParameterBuffer, NamesAreTakenOnceAndLookedUpWithAHint) {
  ParameterPlan plan = small_plan();
  EXPECT_THAT(test::error_of([&] { plan.add({.name = "gain", .sizes = {1}}); }), HasSubstr("gain twice"));
  const ParameterBuffer buffer(small_plan(), 1, at::kFloat);
  EXPECT_THAT(test::error_of([&] { buffer.view("matrx"); }), HasSubstr("did you mean 'matrix'?"));
}

TEST(ParameterLeaves, AreTheBuffersMemory) {
  ParameterBuffer buffer(small_plan(), 3, at::kFloat);
  const at::Tensor gradients = at::zeros({2, buffer.width()});
  const ParameterLeaves leaves(buffer, 1, gradients);
  buffer.view("bias").select(0, 2).fill_(7);
  EXPECT_EQ(leaves[2][1][0].item<float>(), 7);
  leaves[1].grad().fill_(1);
  EXPECT_EQ(gradients.sum().item<float>(), 2 * 35);
}

TEST(Optimiser, GradientDescentIsItsFormula) {
  ParameterBuffer buffer(small_plan(), 2, at::kDouble);
  for (int64_t replica = 0; replica < 2; ++replica) buffer.initialise(replica, 1);
  const at::Tensor before = buffer.values().clone(), gradients = at::ones_like(before);
  Optimiser optimiser({.rule = Rule::sgd, .weight_decay = 0.5}, buffer);
  optimiser.step(buffer, gradients, {{.lr = 0.1, .gradient_scale = 0.5}, {.lr = 0.1, .is_frozen = true}});
  EXPECT_TRUE(at::allclose(buffer.view("matrix")[0], before[0].narrow(0, 0, 35).view({5, 7}) * (1 - 0.05) - 0.05));
  EXPECT_TRUE(at::allclose(buffer.view("gain")[0], at::ones({3}, at::kDouble) - 0.05));
  EXPECT_TRUE(at::equal(buffer.values()[1], before[1]));
  EXPECT_EQ(optimiser.steps()[0].item<int64_t>(), 1);
  EXPECT_EQ(optimiser.steps()[1].item<int64_t>(), 0);
}

// Updates of each parameter by itself are cut at a root mean square of 1; the first has the gradient's signs.
TEST(Optimiser, AdafactorIsItsFormula) {
  ParameterBuffer buffer(small_plan(), 1, at::kDouble);
  buffer.initialise(0, 1);
  at::manual_seed(1);
  const at::Tensor first = at::randn_like(buffer.values()), second = 3 * at::randn_like(buffer.values());
  at::Tensor expected = buffer.view("matrix").clone();
  Optimiser optimiser({.rule = Rule::adafactor, .weight_decay = 0.5}, buffer);
  at::Tensor squares = at::zeros_like(expected);
  for (const auto& [gradients, step] : {std::pair{first, 1.0}, {second, 2.0}}) {
    optimiser.step(buffer, gradients, {{.lr = 0.1}});
    const at::Tensor gradient = buffer.view_of(gradients, 1);
    const double kept = 1 - std::pow(step, -0.8);
    squares = kept * squares + (1 - kept) * (gradient.square() + 1e-30);
    const at::Tensor update = gradient / squares.sqrt();
    expected = expected * 0.5 - 0.1 * update / std::max(1.0, update.square().mean().sqrt().item<double>());
  }
  EXPECT_TRUE(at::allclose(buffer.view("matrix"), expected, 1e-9, 1e-9));
}

TEST(Optimiser, FrozenParametersStayAndTheOthersMoveAsAlone) {
  for (const Rule rule : {Rule::sgd, Rule::adam, Rule::adafactor}) {
    for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
      ParameterPlan partly = small_plan();
      partly.freeze("matrix");
      ParameterBuffer all(small_plan(), 1, dtype), frozen(partly, 1, dtype);
      EXPECT_LT(frozen.trained(), frozen.width());
      EXPECT_EQ(all.trained(), all.width());
      all.initialise(0, 1);
      frozen.initialise(0, 1);
      const at::Tensor before = frozen.view("matrix").clone();
      Optimiser left({.rule = rule, .weight_decay = 0.5}, all), right({.rule = rule, .weight_decay = 0.5}, frozen);
      for (int step = 0; step < 3; ++step) {
        left.step(all, at::ones_like(all.values()), {{.lr = 0.1}});
        right.step(frozen, at::ones_like(frozen.values()), {{.lr = 0.1}});
      }
      EXPECT_TRUE(at::equal(frozen.view("matrix"), before));
      EXPECT_FALSE(at::equal(all.view("matrix"), before));
      for (const char* name : {"gain", "bias"}) EXPECT_TRUE(at::allclose(frozen.view(name), all.view(name))) << name;
    }
  }
}

TEST(ParameterLeaves, AFrozenParameterHasNoGradient) {
  ParameterPlan partly = small_plan();
  partly.freeze("matrix");
  const ParameterBuffer buffer(partly, 2, at::kFloat);
  const ParameterLeaves leaves(buffer, 0, at::zeros({2, buffer.width()}));
  for (ParameterId id = 0; id < buffer.shapes().size(); ++id) EXPECT_EQ(leaves[id].requires_grad(), buffer.shapes()[id].name != "matrix");
  EXPECT_THAT(test::error_of([&] { partly.freeze("matrx"); }), HasSubstr("begin with matrx"));
}

class FusedOptimiser : public OnEveryDevice {};
ON_EVERY_DEVICE(FusedOptimiser);

// float32 takes the fused pass, float64 plain operations. There are more replicas than one launch of a GPU takes, and one that rests.
TEST_P(FusedOptimiser, AdamFollowsItsReference) {
  constexpr int64_t kReplicas = 20;
  ParameterBuffer narrow(small_plan(), kReplicas, floats()), wide(small_plan(), kReplicas, at::kDouble);
  std::vector<ReplicaStep> steps;
  for (int64_t replica = 0; replica < kReplicas; ++replica) {
    narrow.initialise(replica, 1);
    wide.initialise(replica, 1);
    steps.push_back({.lr = 0.01 / static_cast<double>(replica + 1), .gradient_scale = 0.7, .is_frozen = replica == 3});
  }
  const OptimiserOptions options = {.beta2 = 0.95, .weight_decay = 0.1};
  Optimiser left(options, narrow), right(options, wide);
  for (int step = 0; step < 50; ++step) {
    const at::Tensor gradients = at::randn({kReplicas, wide.width()}, at::kDouble);
    left.step(narrow, gradients.to(floats()), steps);
    right.step(wide, gradients, steps);
  }
  for (const char* name : {"gain", "matrix", "bias"})
    EXPECT_TRUE(at::allclose(narrow.view(name).to(at::kCPU, at::kDouble), wide.view(name), 1e-4, 1e-5)) << name;
}

TEST_P(FusedOptimiser, MergingGradientsAddsThePartsAndGivesTheSumsOfSquares) {
  const at::Tensor first = normal({2, 5000}), second = normal({2, 5000}), sum = first + second;
  const std::vector<double> squares = merge_gradients({first, second});
  EXPECT_TRUE(at::equal(first, sum));
  for (int64_t replica = 0; replica < 2; ++replica)
    EXPECT_NEAR(squares[static_cast<size_t>(replica)], sum[replica].to(at::kDouble).square().sum().item<double>(), 1e-2);
}

}  // namespace
}  // namespace manabi::tensor
