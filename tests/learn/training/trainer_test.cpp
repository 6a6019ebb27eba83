#include "learn/training/trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/error.h"
#include "tests/support/golden_tensors.h"
#include "tests/support/toy_training.h"
#include "tests/tensor/devices.h"

namespace manabi::learn {
namespace {

using test::ToyTraining;
using testing::HasSubstr;

void expect_same_curve(const std::vector<double>& actual, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t step = 0; step < actual.size(); ++step)
    EXPECT_NEAR(actual[step], expected[step], tolerance * std::abs(expected[step])) << "step " << step;
}

TEST(Trainer, ASeedGivesTheSameCurveAloneAndAmongOthers) {
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-9}, {at::kFloat, 1e-4}}) {
    ToyTraining alone({5}, dtype, {}), among({3, 4, 5, 6}, dtype, {});
    expect_same_curve(among.losses(100, 2), alone.losses(100, 0), tolerance);
  }
}

TEST(Trainer, TheNumberOfThreadsOnlyChangesTheOrderOfSums) {
  ToyTraining one({1}, at::kFloat, {}), rows({1}, at::kFloat, {.threads = 4}), replicas({1, 2}, at::kFloat, {.threads = 2});
  const std::vector<double> curve = one.losses(50, 0);
  expect_same_curve(rows.losses(50, 0), curve, 1e-4);
  expect_same_curve(replicas.losses(50, 0), curve, 1e-4);
}

TEST(Trainer, TheSameThreadsGiveTheSameBits) {
  ToyTraining first({1}, at::kFloat, {.threads = 2}), second({1}, at::kFloat, {.threads = 2});
  EXPECT_EQ(first.losses(30, 0), second.losses(30, 0));
  EXPECT_TRUE(at::equal(first.parameters->values(), second.parameters->values()));
}

TEST(Trainer, LossesFall) {
  const std::vector<double> curve = ToyTraining({1}, at::kFloat, {}).losses(100, 0);
  EXPECT_LT(curve.back(), 0.8 * curve.front());
}

// float64 runs the references, float32 the fused layers.
TEST(Trainer, FusedLayersFollowTheReferences) {
  ToyTraining narrow({1}, at::kFloat, {}), wide({1}, at::kDouble, {});
  expect_same_curve(narrow.losses(30, 0), wide.losses(30, 0), 1e-4);
}

class TrainerOnEveryDevice : public tensor::OnEveryDevice {};
ON_EVERY_DEVICE(TrainerOnEveryDevice);

TEST_P(TrainerOnEveryDevice, FollowsTheReferencesOfTheCpu) {
  ToyTraining here({1, 2, 3}, floats(), {.clip_norm = 1}), wide({1, 2, 3}, at::kDouble, {.clip_norm = 1});
  expect_same_curve(here.losses(30, 2), wide.losses(30, 2), 1e-4);
}

TEST_P(TrainerOnEveryDevice, EqualTrainingsGiveEqualBits) {
  ToyTraining first({1, 2}, floats(), {}), second({1, 2}, floats(), {});
  EXPECT_EQ(first.losses(30, 0), second.losses(30, 0));
  EXPECT_TRUE(at::equal(first.parameters->values(), second.parameters->values()));
}

TEST(Trainer, ADivergedReplicaRestsAndTheOthersGoOn) {
  ToyTraining both({1, 2}, at::kFloat, {.lr = {3e-3, 3e-3}}), alone({2}, at::kFloat, {});
  both.losses(10, 0);
  both.parameters->view("blocks.0.up.weight").select(0, 0).fill_(std::nanf(""));
  const at::Tensor before = both.parameters->values().select(0, 0).clone();
  EXPECT_TRUE(std::isnan(both.losses(1, 0).front()));
  EXPECT_TRUE(both.trainer->has_diverged(0));
  EXPECT_EQ(both.trainer->diverged_at(0), 10);
  const std::vector<double> rest = both.losses(10, 1), expected = alone.losses(21, 0);
  expect_same_curve(rest, {expected.begin() + 11, expected.end()}, 1e-4);
  EXPECT_TRUE(at::equal(both.parameters->values().select(0, 0).nan_to_num(7), before.nan_to_num(7)));
}

TEST(Trainer, EachReplicaHasItsOwnLearningRate) {
  ToyTraining both({1, 1}, at::kFloat, {.lr = {0.0, 3e-3}}), alone({1}, at::kFloat, {});
  const at::Tensor before = both.parameters->values().select(0, 0).clone();
  expect_same_curve(both.losses(20, 1), alone.losses(20, 0), 1e-4);
  EXPECT_TRUE(at::equal(both.parameters->values().select(0, 0), before));
}

TEST(Trainer, OptionsThatCannotFitAreNamed) {
  const auto error_with = [](const TrainerOptions& options) { return test::error_of([&] { ToyTraining({1}, at::kFloat, options); }); };
  EXPECT_THAT(error_with({.lr = {1e-3, 1e-3}}), HasSubstr("2 learning rates for 1 replicas"));
  EXPECT_THAT(error_with({.schedule = {.decay = Decay::cosine, .warm_up = 10, .steps = 10}}), HasSubstr("warm-up"));
}

// What PyTorch's own training gave for the same start and the same rows (tests/learn/golden/make_training.py).
class Golden : public testing::Test {
 protected:
  test::GoldenTensors tensor{std::string(MANABI_SOURCE_FOLDER) + "/tests/learn/golden/training.safetensors"};
};

TEST_F(Golden, TrainingFollowsPyTorch) {
  tensor::ParameterPlan plan;
  const model::TokenNetwork network({.decoder = {.layers = 2, .width = 16, .heads = 2}, .vocabulary = 11, .context = 9}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  for (const tensor::ParameterShape& shape : parameters.shapes()) parameters.view(shape.name).select(0, 0).copy_(tensor(shape.name));
  std::vector<at::Tensor> batches;
  const at::Tensor data = tensor("data"), losses = tensor("losses"), norms = tensor("norms");
  for (int64_t i = 0; i < data.size(0); ++i) batches.push_back(data[i].unsqueeze(0));
  const test::NextToken objective(network, batches);
  Trainer trainer(parameters, objective,
                  {.batch = data.size(1), .lr = {3e-3}, .clip_norm = 1, .optimiser = {.beta2 = 0.95, .weight_decay = 0.1}});
  for (int64_t step = 0; step < losses.size(0); ++step) {
    const StepOutcome outcome = trainer.step()[0];
    EXPECT_NEAR(outcome.loss, losses[step].item<double>(), 1e-4 * losses[step].item<double>()) << "step " << step;
    EXPECT_NEAR(outcome.gradient_norm, norms[step].item<double>(), 1e-3 * norms[step].item<double>()) << "step " << step;
  }
  for (const tensor::ParameterShape& shape : parameters.shapes()) {
    at::Tensor difference = (parameters.view(shape.name).select(0, 0) - tensor("end." + shape.name)).abs();
    // A bias of the keys shifts all scores of a query alike: its gradient is rounding, which Adam blows up to whole steps.
    if (shape.name.ends_with("qkv.bias")) difference.narrow(0, 16, 16).zero_();
    EXPECT_LT(difference.max().item<double>(), 1e-4) << shape.name;
  }
}

TEST(Schedule, RisesAndFallsAsItsNameSays) {
  EXPECT_DOUBLE_EQ(factor_at({.warm_up = 4}, 0), 0.25);
  EXPECT_DOUBLE_EQ(factor_at({.warm_up = 4}, 3), 1);
  EXPECT_DOUBLE_EQ(factor_at({.warm_up = 4}, 1000), 1);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::linear, .warm_up = 2, .steps = 10}, 6), 0.5);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::cosine, .steps = 10}, 5), 0.5);
  EXPECT_NEAR(factor_at({.decay = Decay::cosine, .steps = 10}, 10), 0, 1e-12);
  EXPECT_NEAR(factor_at({.decay = Decay::cosine, .steps = 10, .least = 0.1}, 10), 0.1, 1e-12);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::cosine, .steps = 10, .least = 0.1}, 5), 0.55);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::linear, .steps = 10, .least = 0.5}, 5), 0.75);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::inverse_square_root, .warm_up = 4}, 3), 1);
  EXPECT_DOUBLE_EQ(factor_at({.decay = Decay::inverse_square_root, .warm_up = 4}, 15), 0.5);
}

}  // namespace
}  // namespace manabi::learn
