// Layers over packed rows against their references, values and gradients.
#include "tensor/differentiable/packed.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

#include "tests/tensor/close.h"
#include "tests/tensor/devices.h"

namespace manabi::tensor {
namespace {

using Tensors = std::vector<at::Tensor>;
using Layer = std::function<Tensors(const Tensors&)>;

Tensors leaves_of(const Tensors& values) {
  Tensors leaves;
  for (const at::Tensor& value : values) leaves.push_back(value.clone().set_requires_grad(true));
  return leaves;
}

void expect_same(const Layer& fused, const Layer& reference, const Tensors& values, double factor) {
  const Tensors left = leaves_of(values), right = leaves_of(values);
  const Tensors outputs = fused(left), expected = reference(right);
  Tensors outer;
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_TRUE(is_close(outputs[i].detach(), expected[i].detach(), factor)) << "output " << i;
    outer.push_back(at::randn(outputs[i].sizes(), at::kFloat).to(outputs[i].device()));
  }
  torch::autograd::backward(outputs, outer);
  torch::autograd::backward(expected, outer);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(is_close(left[i].grad(), right[i].grad(), 4 * factor)) << "gradient of leaf " << i;
}

class Packed : public OnEveryDevice {};
ON_EVERY_DEVICE(Packed);

TEST_P(Packed, AFrozenDenseLayerPassesGradientsToItsInputAlone) {
  const at::Tensor weight = normal({5, 7});
  expect_same([&](const Tensors& x) { return Tensors{frozen_dense(x[0], weight)}; },
              [&](const Tensors& x) { return Tensors{at::linear(x[0], weight)}; }, {normal({4, 7})}, 4);
}

TEST_P(Packed, AFrozenDenseLayerInBfloat16IsNearTheUnrounded) {
  const at::Tensor weight = normal({33, 64}), outer = normal({9, 33});
  at::Tensor input = normal({9, 64}).set_requires_grad(true);
  const at::Tensor output = frozen_dense(input, weight.to(at::kBFloat16));
  EXPECT_EQ(output.scalar_type(), at::kFloat);
  torch::autograd::backward({output}, {outer});
  EXPECT_LT((output.detach() - at::linear(input.detach(), weight)).abs().max().item<double>(), 0x1p-7 * 64);
  EXPECT_LT((input.grad() - at::mm(outer, weight)).abs().max().item<double>(), 0x1p-7 * 33);
}

TEST_P(Packed, RmsNormHasTheGradientsOfItsReference) {
  for (const int64_t width : {1, 7, 8, 16, 33, 576}) {
    SCOPED_TRACE(width);
    const auto both = [](const NormedSum& result) { return Tensors{result.sum, result.output}; };
    expect_same([&](const Tensors& x) { return both(add_rms_norm(x[0], x[1], x[2], 1e-2)); },
                [&](const Tensors& x) { return both(add_rms_norm_reference(x[0], x[1], x[2], 1e-2)); },
                {normal({5, width}), normal({5, width}), normal({width})}, 8);
    expect_same([&](const Tensors& x) { return Tensors{add_rms_norm(x[0], {}, x[1], 1e-2).output}; },
                [&](const Tensors& x) { return Tensors{add_rms_norm_reference(x[0], {}, x[1], 1e-2).output}; },
                {normal({5, width}), normal({width})}, 8);
  }
}

TEST_P(Packed, AFrozenGainGetsNoGradient) {
  at::Tensor input = normal({3, 8}).set_requires_grad(true);
  const at::Tensor gain = normal({8});
  torch::autograd::backward({add_rms_norm(input, {}, gain, 1e-5).output.sum()}, {});
  EXPECT_TRUE(input.grad().defined());
  EXPECT_FALSE(gain.grad().defined());
}

TEST_P(Packed, ASiluGateHasTheGradientsOfItsReference) {
  for (const int64_t width : {1, 8, 19, 64}) {
    SCOPED_TRACE(width);
    expect_same([](const Tensors& x) { return Tensors{silu_gate(x[0])}; }, [](const Tensors& x) { return Tensors{silu_gate_reference(x[0])}; },
                {3 * normal({6, 2 * width})}, 4);
  }
}

TEST_P(Packed, AddingToColumnsIsADenseSum) {
  const auto fused = [](const Tensors& x) { return Tensors{add_to_columns_(x[0] * 1.0, x[1], 2)}; };
  const auto reference = [](const Tensors& x) {
    return Tensors{x[0] + at::cat({at::zeros({3, 2}, floats()), x[1], at::zeros({3, 1}, floats())}, 1)};
  };
  expect_same(fused, reference, {normal({3, 7}), normal({3, 4})}, 1);
}

struct Case {
  std::string name;
  int64_t heads, keys, width, prefix_positions;
  bool turns;
  std::vector<PackedRow> rows;
};

std::vector<Case> cases() {
  return {{"one row of one token", 1, 1, 2, 0, false, {{.begin = 0, .length = 1}}},
          {"rows of different lengths", 3, 3, 8, 0, true, {{.begin = 0, .length = 4}, {.begin = 4, .length = 1}, {.begin = 5, .length = 6}}},
          {"grouped heads", 6, 2, 4, 0, true, {{.begin = 0, .length = 5}, {.begin = 5, .length = 3}}},
          {"rows that continue one",
           4,
           2,
           8,
           0,
           true,
           {{.begin = 0, .length = 3}, {.begin = 3, .length = 4, .parent = 0}, {.begin = 7, .length = 2, .parent = 0}}},
          {"prefixes, one of them none",
           4,
           4,
           8,
           5,
           true,
           {{.begin = 0, .length = 3, .prefix_begin = 0, .prefix_length = 2},
            {.begin = 3, .length = 2, .prefix_begin = 2, .prefix_length = 3},
            {.begin = 5, .length = 2}}},
          {"a prefix before a row that others continue",
           2,
           1,
           4,
           3,
           false,
           {{.begin = 0, .length = 2, .prefix_begin = 0, .prefix_length = 3}, {.begin = 2, .length = 3, .parent = 0}}}};
}

TEST_P(Packed, AttentionHasTheGradientsOfItsReference) {
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.name);
    int64_t tokens = 0;
    for (const PackedRow& row : each.rows) tokens += row.length;
    const at::Tensor angles = normal({tokens, each.width / 2});
    const Rotation rotation = each.turns ? Rotation{.cosines = angles.cos(), .sines = angles.sin()} : Rotation{};
    Tensors values = {normal({tokens, each.heads + 2 * each.keys, each.width})};
    if (each.prefix_positions > 0) values.push_back(normal({each.prefix_positions, 2, each.keys, each.width}));
    const auto with = [&](const auto& attention, const auto& rows) {
      return [&](const Tensors& x) { return Tensors{attention(x[0] * 1.0, each.heads, rotation, x.size() > 1 ? x[1] : at::Tensor(), rows)}; };
    };
    const PackedRows apart(each.rows, device(), /*pads=*/false), padded(each.rows, device(), /*pads=*/true);
    expect_same(with(packed_attention_, apart), with(packed_attention_reference, each.rows), values, 8);
    expect_same(with(packed_attention_, padded), with(packed_attention_reference, each.rows), values, 8);
  }
}

// What a row that continues another gives is what the two as one row give.
TEST_P(Packed, ARowThatContinuesAnotherIsTheEndOfOneRow) {
  const at::Tensor projections = normal({9, 4 + 2 * 2, 8}), angles = at::arange(9, floats()).unsqueeze(1) * at::rand({1, 4}).to(device());
  const Rotation rotation = {.cosines = angles.cos(), .sines = angles.sin()};
  const std::vector<PackedRow> whole = {{.begin = 0, .length = 9}}, apart = {{.begin = 0, .length = 5}, {.begin = 5, .length = 4, .parent = 0}};
  EXPECT_TRUE(is_close(packed_attention_(projections.clone(), 4, rotation, {}, {apart, device()}),
                       packed_attention_(projections.clone(), 4, rotation, {}, {whole, device()}), 4));
}

}  // namespace
}  // namespace manabi::tensor
