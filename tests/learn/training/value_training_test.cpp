#include "learn/training/value_training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/network/values/attention_steps.h"
#include "model/network/values/value_network.h"
#include "tests/support/error.h"
#include "world/values/function_world.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

std::shared_ptr<const world::ValueWorld> linear(const world::FunctionWorldConfig& config) {
  return std::make_shared<world::FunctionWorld>(std::make_shared<world::LinearFunctions>(3), config);
}

class ValueTraining : public testing::Test {
 protected:
  ValueTraining()
      : network_({.decoder = {.layers = 1, .width = 16, .heads = 2}, .points = 6, .input_width = 3}, plan_), parameters_(plan_, 2, at::kFloat) {
    for (int64_t replica = 0; replica < 2; ++replica) parameters_.initialise(replica, static_cast<uint64_t>(replica));
  }

  tensor::ParameterPlan plan_;
  model::ValueNetwork network_;
  tensor::ParameterBuffer parameters_;
};

TEST_F(ValueTraining, ABatchHoldsTheWorldsRowsAsFarAsTheyAreShown) {
  const ValueWorlds worlds = {linear({.points = 6}), linear({.points = 6, .seed = 1})};
  const model::ValueRows rows = draw_values(worlds, 5, 3, 4);
  std::vector<float> inputs(18), values(6);
  worlds[1]->draw(5, 3 + 2, {.inputs = inputs, .values = values});
  EXPECT_TRUE(at::equal(rows.inputs[1][2].flatten(), at::tensor(inputs)));
  EXPECT_TRUE(at::equal(rows.values[1][2], at::tensor(values)));
  const ValueWorlds growing = {linear({.points = 6, .point_growth = {.from = 2, .by = 1, .every = 10}})};
  EXPECT_EQ(draw_values(growing, 0, 0, 1).points(), 2);
  EXPECT_EQ(draw_values(growing, 25, 0, 1).points(), 4);
  const ValueWorlds unequal = {growing.front(), linear({.points = 6})};
  EXPECT_THAT(test::error_of([&] { draw_values(unequal, 0, 0, 1); }), HasSubstr("2 and 6 points at step 0"));
}

// What is told of the same rows gives the objective's loss, in all ways of asking and however the batch is cut.
TEST_F(ValueTraining, TheLossIsTheMeanSquaredErrorOfWhatIsTold) {
  const ValueWorlds worlds = {linear({.points = 6}), linear({.points = 6, .seed = 1})};
  for (const ValuesAsked asked : {ValuesAsked::every, ValuesAsked::last}) {
    const ValueObjective objective(network_, worlds, {.asked = asked, .weight = 0.5});
    const tensor::ParameterLeaves leaves(parameters_, 0, at::zeros_like(parameters_.values()));
    const at::Tensor whole = objective.losses(leaves, {.step = 2, .replicas = 2, .rows = 30, .batch = 30});
    const at::Tensor parts = objective.losses(leaves, {.step = 2, .replicas = 2, .rows = 10, .batch = 30}) +
                             objective.losses(leaves, {.step = 2, .replicas = 2, .first_row = 10, .rows = 20, .batch = 30});
    EXPECT_TRUE(at::allclose(whole, parts, 1e-5, 1e-6));
    for (int64_t replica = 0; replica < 2; ++replica) {
      const model::ValueRows rows = draw_values({&worlds[static_cast<size_t>(replica)], 1}, 2, 0, 30);
      const double error = squared_errors(told_values(network_, parameters_, replica, rows, asked), rows).mean().item<double>();
      EXPECT_NEAR(whole[replica].item<double>(), 0.5 * error, 1e-5 * error);
    }
  }
}

TEST_F(ValueTraining, SensitivitiesAreFiniteDifferences) {
  tensor::ParameterPlan plan;
  const model::AttentionSteps steps({.layers = 2, .initial_scale = 1, .points = 5, .input_width = 3}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kDouble);
  parameters.initialise(0, 4);
  const ValueWorlds worlds = {linear({.points = 5})};
  const model::ValueRows rows = draw_values(worlds, 0, 0, 6);
  const at::Tensor slopes = sensitivities(steps, parameters, 0, rows);
  EXPECT_EQ(slopes.sizes(), at::IntArrayRef({6, 3}));
  constexpr double kStep = 1e-5;
  for (int64_t i = 0; i < 3; ++i) {
    const auto moved = [&](double by) {
      const model::ValueRows other = {.inputs = rows.inputs.to(at::kDouble).clone(), .values = rows.values};
      other.inputs.select(2, 4).select(2, i).add_(by);
      return told_values(steps, parameters, 0, other, ValuesAsked::last).squeeze(1);
    };
    EXPECT_TRUE(at::allclose(slopes.select(1, i), (moved(kStep) - moved(-kStep)) / (2 * kStep), 1e-6, 1e-7));
  }
}

TEST_F(ValueTraining, AWorldThatDoesNotFitIsRefused) {
  EXPECT_THAT(test::error_of([&] { ValueObjective(network_, {linear({.points = 7})}, {}); }), HasSubstr("a world of 7 points"));
}

// Attention that is trained for a while tells linear functions better than nothing does.
TEST_F(ValueTraining, TrainingLowersTheError) {
  tensor::ParameterPlan plan;
  const model::AttentionSteps steps({.initial_scale = 0.05, .points = 11, .input_width = 3}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  parameters.initialise(0, 1);
  const ValueObjective objective(steps, {linear({.points = 11, .inputs = {.kind = world::InputKind::uniform}})}, {.asked = ValuesAsked::last});
  Trainer trainer(parameters, objective, {.batch = 128, .lr = {1e-2}});
  double first = 0, last = 0;
  for (int64_t step = 0; step < 400; ++step) {
    const double loss = trainer.step().front().loss;
    (step < 20 ? first : last) += step < 20 || step >= 380 ? loss / 20 : 0;
  }
  EXPECT_LT(last, 0.6 * first);
}

}  // namespace
}  // namespace manabi::learn
