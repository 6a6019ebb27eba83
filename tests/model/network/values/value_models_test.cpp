#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/network/values/attention_steps.h"
#include "model/network/values/value_network.h"
#include "tests/support/error.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

ValueRows some_rows(int64_t points, int64_t width, at::ScalarType dtype = at::kFloat) {
  at::manual_seed(points);
  return {.inputs = at::randn({1, 4, points, width}, dtype), .values = at::randn({1, 4, points}, dtype)};
}

// A model with its parameters drawn.
template <class Model, class Config>
struct Built {
  explicit Built(const Config& config, at::ScalarType dtype = at::kFloat) : model(config, plan), parameters(plan, 1, dtype) {
    parameters.initialise(0, 3);
  }
  tensor::ParameterLeaves leaves() const { return tensor::ParameterLeaves(parameters); }

  tensor::ParameterPlan plan;
  Model model;
  tensor::ParameterBuffer parameters;
};
using BuiltNetwork = Built<ValueNetwork, ValueNetworkConfig>;
using BuiltSteps = Built<AttentionSteps, AttentionStepsConfig>;

class ValueNetworks : public testing::TestWithParam<ValueTokens> {
 protected:
  BuiltNetwork network_{{.decoder = {.layers = 2, .width = 16, .heads = 2}, .points = 6, .input_width = 3, .tokens = GetParam()}};
};

TEST_P(ValueNetworks, TheLastValueIsTheLastOfAll) {
  const ValueRows rows = some_rows(5, 3);
  const at::Tensor every = network_.model.every(network_.leaves(), rows);
  EXPECT_EQ(every.sizes(), at::IntArrayRef({1, 4, 5}));
  EXPECT_TRUE(at::allclose(every.select(2, 4), network_.model.last(network_.leaves(), rows), 1e-5, 1e-5));
}

TEST_P(ValueNetworks, EveryValueIsToldFromThePointsBeforeIt) {
  const ValueRows rows = some_rows(6, 3);
  const at::Tensor every = network_.model.every(network_.leaves(), rows);
  for (int64_t points = 1; points <= 6; ++points)
    EXPECT_TRUE(at::allclose(every.select(2, points - 1), network_.model.last(network_.leaves(), rows.first(points)), 1e-5, 1e-5)) << points;
  ValueRows changed = {.inputs = rows.inputs, .values = rows.values.clone()};
  changed.values.select(2, 2).add_(1);
  const at::Tensor after = network_.model.every(network_.leaves(), changed);
  EXPECT_TRUE(at::equal(after.narrow(2, 0, 3), every.narrow(2, 0, 3)));
  EXPECT_FALSE(at::allclose(after.select(2, 3), every.select(2, 3)));
}

TEST_P(ValueNetworks, RowsLongerThanThePositionsAreRefused) {
  EXPECT_THAT(test::error_of([&] { network_.model.every(network_.leaves(), some_rows(7, 3)); }), HasSubstr("rows of 7 points"));
}

INSTANTIATE_TEST_SUITE_P(Tokens, ValueNetworks, testing::Values(ValueTokens::first_number, ValueTokens::own_number));

// w <- w - rate sum_i (w x_i - y_i) x_i from zero, in plain loops over rows.
at::Tensor descended(const ValueRows& rows, int64_t steps, double rate) {
  const int64_t context = rows.points() - 1;
  std::vector<at::Tensor> told;
  for (int64_t row = 0; row < rows.inputs.size(1); ++row) {
    const at::Tensor inputs = rows.inputs[0][row].narrow(0, 0, context), values = rows.values[0][row].narrow(0, 0, context);
    at::Tensor weights = at::zeros({inputs.size(1)}, inputs.options());
    for (int64_t step = 0; step < steps; ++step) weights = weights - rate * at::mv(inputs.t(), at::mv(inputs, weights) - values);
    told.push_back(at::dot(weights, rows.inputs[0][row][context]));
  }
  return at::stack(told).unsqueeze(0);
}

TEST(AttentionSteps, TheConstructedLayerMakesStepsOfDescent) {
  for (const int64_t layers : {1, 2, 5}) {
    const BuiltSteps steps({.layers = layers, .points = 9, .input_width = 4}, at::kDouble);
    const ValueRows rows = some_rows(9, 4, at::kDouble);
    const MergedLayer layer = descent_layer(4, 0.02, 0, at::kDouble);
    EXPECT_TRUE(at::allclose(steps.model.last_with({layer}, rows), descended(rows, layers, 0.02), 1e-9, 1e-9)) << layers;
  }
}

TEST(AttentionSteps, TheConstructedLayerCanBendItsInputs) {
  const BuiltSteps steps({.layers = 2, .points = 6, .input_width = 3}, at::kDouble);
  ValueRows rows = some_rows(6, 3, at::kDouble);
  const MergedLayer layer = descent_layer(3, 0.05, 0.01, at::kDouble);
  // By hand: a step, the inputs bent and the values lowered by what the step tells, another step.
  const at::Tensor inputs = rows.inputs[0].narrow(1, 0, 5), values = rows.values[0].narrow(1, 0, 5), query = rows.inputs[0].narrow(1, 5, 1);
  const at::Tensor gram = at::matmul(inputs.transpose(1, 2), inputs), weights = 0.05 * at::matmul(inputs.transpose(1, 2), values.unsqueeze(2));
  const at::Tensor bent = inputs - 0.01 * at::matmul(inputs, gram), left = values.unsqueeze(2) - at::matmul(inputs, weights);
  const at::Tensor second = 0.05 * at::matmul(bent.transpose(1, 2), left), bent_query = query - 0.01 * at::matmul(query, gram);
  const at::Tensor expected = at::matmul(query, weights) + at::matmul(bent_query, second);
  EXPECT_TRUE(at::allclose(steps.model.last_with({layer}, rows)[0], expected.flatten(), 1e-9, 1e-9));
}

// e_j + sum_i (q_j k_i) v_i P of the published equation, token by token, against the merged form.
TEST(AttentionSteps, AgreesWithAttentionTokenByToken) {
  for (const tensor::AttentionWeights weights : {tensor::AttentionWeights::linear, tensor::AttentionWeights::softmax}) {
    const BuiltSteps steps({.layers = 1, .heads = 2, .key_width = 5, .weights = weights, .initial_scale = 1, .points = 5, .input_width = 3},
                           at::kDouble);
    const ValueRows rows = some_rows(5, 3, at::kDouble);
    const auto view = [&](const char* name) { return steps.parameters.view(std::string("layers.0.") + name)[0]; };
    at::Tensor told = at::zeros({4}, at::kDouble);
    for (int64_t row = 0; row < 4; ++row) {
      const at::Tensor context = at::cat({rows.inputs[0][row].narrow(0, 0, 4), rows.values[0][row].narrow(0, 0, 4).unsqueeze(1)}, 1);
      const at::Tensor query = at::cat({rows.inputs[0][row][4], at::zeros({1}, at::kDouble)});
      for (int64_t head = 0; head < 2; ++head) {
        const auto of_head = [&](const char* name) { return view(name).narrow(0, 5 * head, 5); };
        at::Tensor scores = at::mv(at::mm(context, of_head("key.weight").t()), at::mv(of_head("query.weight"), query));
        if (weights == tensor::AttentionWeights::softmax) scores = (scores / std::sqrt(5.0)).softmax(0);
        const at::Tensor read = at::mv(at::mm(context, of_head("value.weight").t()).t(), scores);
        told[row] -= at::mv(view("out.weight").narrow(1, 5 * head, 5), read)[3];
      }
    }
    EXPECT_TRUE(at::allclose(steps.model.last(steps.leaves(), rows)[0], told, 1e-9, 1e-9));
  }
}

TEST(AttentionSteps, WithoutExamplesNothingIsTold) {
  const BuiltSteps steps({.points = 5, .input_width = 3});
  EXPECT_EQ(steps.model.last(steps.leaves(), some_rows(1, 3)).abs().sum().item<double>(), 0);
  EXPECT_EQ(steps.model.every(steps.leaves(), some_rows(4, 3)).sizes(), at::IntArrayRef({1, 4, 4}));
}

TEST(AttentionSteps, SizesThatAreNotPositiveAreRefused) {
  tensor::ParameterPlan plan;
  EXPECT_THAT(test::error_of([&] { AttentionSteps({.layers = 0}, plan); }), HasSubstr("positive numbers"));
}

}  // namespace
}  // namespace manabi::model
