// Every fused layer against its reference, values and gradients, over sizes around the lanes' boundaries, on every device.
#include "tensor/differentiable/differentiable.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <complex>
#include <functional>

#include "tests/tensor/close.h"
#include "tests/tensor/devices.h"

namespace manabi::tensor {
namespace {

using Tensors = std::vector<at::Tensor>;
using Layer = std::function<Tensors(const Tensors&)>;

// Leaves with gradients of their own, given from outside when `given` (as a flat buffer does), left to autograd otherwise.
Tensors leaves_of(const Tensors& values, bool given) {
  Tensors leaves;
  for (const at::Tensor& value : values) {
    at::Tensor leaf = value.clone();
    if (leaf.defined() && leaf.is_floating_point()) {
      leaf.set_requires_grad(true);
      if (given) leaf.mutable_grad() = at::zeros_like(leaf);
    }
    leaves.push_back(leaf);
  }
  return leaves;
}

// Runs both, sends the same random gradients back, and compares what came out at every leaf.
void expect_same(const Layer& fused, const Layer& reference, const Tensors& values, double factor = 1) {
  for (const bool given : {true, false}) {
    SCOPED_TRACE(given ? "gradients lie in a buffer" : "autograd keeps the gradients");
    const Tensors left = leaves_of(values, given), right = leaves_of(values, false);
    const Tensors outputs = fused(left), expected = reference(right);
    Tensors outer;
    for (size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_TRUE(is_close(outputs[i].detach(), expected[i].detach(), factor)) << "output " << i;
      outer.push_back(at::randn(outputs[i].sizes(), at::kFloat).to(outputs[i].device()));
    }
    torch::autograd::backward(outputs, outer);
    torch::autograd::backward(expected, outer);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!left[i].requires_grad()) continue;
      ASSERT_TRUE(left[i].grad().defined()) << "leaf " << i;
      EXPECT_TRUE(is_close(left[i].grad(), right[i].grad(), 4 * factor)) << "gradient of leaf " << i;
    }
  }
}

class Differentiable : public OnEveryDevice {
 protected:
  // Angles of any kind: what turns need not be rotary positions.
  static Rotation random_rotation(int64_t length, int64_t width) {
    const at::Tensor angles = normal({length, width / 2});
    return {.cosines = angles.cos(), .sines = angles.sin()};
  }
};

ON_EVERY_DEVICE(Differentiable);

TEST_P(Differentiable, DenseHasTheGradientsOfItsReference) {
  for (const auto& [replicas, rows, inputs, outputs] :
       {std::array<int64_t, 4>{1, 7, 5, 3}, {3, 17, 8, 16}, {2, 1, 1, 1}, {1, 100, 300, 41}, {2, 97, 16, 1030}, {1, 6, 257, 48}}) {
    expect_same([](const Tensors& x) { return Tensors{dense(x[0], x[1])}; },
                [](const Tensors& x) { return Tensors{dense_reference(x[0], x[1])}; },
                {normal({replicas, rows, inputs}), normal({replicas, outputs, inputs})}, 4);
  }
}

// Both sides of every product are rounded, the gradient that comes in among them; what comes out is not.
TEST_P(Differentiable, DenseInBfloat16MultipliesRoundedMatrices) {
  const auto rounded = [](const at::Tensor& tensor) { return tensor.to(at::kBFloat16).to(at::kFloat); };
  for (const auto& [rows, inputs, outputs] : {std::array<int64_t, 3>{7, 5, 3}, {17, 64, 40}, {33, 300, 17}}) {
    const Tensors x = leaves_of({normal({2, rows, inputs}), normal({2, outputs, inputs})}, true);
    const at::Tensor output = dense(x[0], x[1], ProductFormat::bfloat16), outer = normal(output.sizes());
    torch::autograd::backward({output}, {outer});
    const at::Tensor input = rounded(x[0].detach()), weight = rounded(x[1].detach()), gradient = rounded(outer);
    EXPECT_TRUE(is_close(output.detach(), at::bmm(input, weight.transpose(1, 2)), 4));
    EXPECT_TRUE(is_close(x[0].grad(), at::bmm(gradient, weight), 4));
    EXPECT_TRUE(is_close(x[1].grad(), at::bmm(gradient.transpose(1, 2), input), 4));
  }
}

TEST_P(Differentiable, TheReferenceOfDenseInBfloat16IsNearTheUnrounded) {
  const at::Tensor input = normal({2, 9, 64}), weight = normal({2, 5, 64});
  const at::Tensor exact = dense_reference(input, weight), near = dense_reference(input, weight, ProductFormat::bfloat16);
  EXPECT_LT((near - exact).abs().max().item<double>(), 0x1p-7 * 64);
  EXPECT_FALSE(at::equal(near, exact));
}

TEST_P(Differentiable, LayerNormHasTheGradientsOfItsReference) {
  for (const int64_t width : {2, 7, 8, 16, 33, 64}) {
    SCOPED_TRACE(width);
    const auto parameters = [](const Tensors& x) { return LayerNormParameters{.gain = x[1], .shift = x[2], .epsilon = 1e-2}; };
    expect_same([&](const Tensors& x) { return Tensors{layer_norm(x[0], parameters(x))}; },
                [&](const Tensors& x) { return Tensors{layer_norm_reference(x[0], parameters(x))}; },
                {normal({2, 5, width}), normal({2, width}), normal({2, width})}, 8);
  }
}

TEST_P(Differentiable, AddLayerNormHasTheGradientsOfItsReference) {
  for (const int64_t width : {3, 16, 40}) {
    SCOPED_TRACE(width);
    const auto parameters = [](const Tensors& x) { return LayerNormParameters{.gain = x[2], .shift = x[3]}; };
    const auto both = [](const NormedSum& result) { return Tensors{result.sum, result.output}; };
    const Tensors values = {normal({3, 4, width}), normal({3, 4, width}), normal({3, width}), normal({3, width}), normal({3, width})};
    expect_same([&](const Tensors& x) { return both(add_layer_norm(x[0], x[1], x[4], parameters(x))); },
                [&](const Tensors& x) { return both(add_layer_norm_reference(x[0], x[1], x[4], parameters(x))); }, values, 8);
  }
}

TEST_P(Differentiable, ALayerNormWhoseSumAloneIsUsedPassesItsGradientOn) {
  Tensors x = leaves_of({normal({1, 3, 8}), normal({1, 3, 8}), normal({1, 8}), normal({1, 8})}, false);
  const NormedSum result = add_layer_norm(x[0], x[1], {}, {.gain = x[2], .shift = x[3]});
  torch::autograd::backward({result.sum.sum()}, {});
  EXPECT_TRUE(at::equal(x[0].grad(), at::ones_like(x[0])));
  EXPECT_TRUE(at::equal(x[2].grad(), at::zeros_like(x[2])));
}

TEST_P(Differentiable, ActivationsHaveTheGradientsOfTheirReferences) {
  for (const Activation activation : {Activation::gelu, Activation::relu}) {
    for (const int64_t width : {1, 8, 19}) {
      SCOPED_TRACE(width);
      expect_same([&](const Tensors& x) { return Tensors{activate(x[0], x[1], activation)}; },
                  [&](const Tensors& x) { return Tensors{activate_reference(x[0], x[1], activation)}; },
                  {3 * normal({2, 9, width}), normal({2, width})}, 4);
    }
  }
}

TEST_P(Differentiable, GeluIsItsFormulaFarFromZeroToo) {
  const at::Tensor x = at::tensor({-100.0, -5.0, -1.0, 0.0, 1.0, 5.0, 100.0}, floats()).view({1, 1, 7});
  EXPECT_TRUE(is_close(activate(x, {}, Activation::gelu), at::gelu(x, "tanh")));
  const at::Tensor nan = at::full({1, 1, 3}, std::nan(""), floats());
  EXPECT_TRUE(activate(nan, {}, Activation::gelu).isnan().all().item<bool>());
}

struct AttentionSize {
  int64_t replicas, rows, length, heads, width;
};

class DifferentiableAttention : public Differentiable {
 protected:
  static void expect_gradients_of_reference(const AttentionSize& size, const AttentionForm& form) {
    SCOPED_TRACE(size.length);
    // Sums of products of unscaled scores grow with the length where no softmax holds them.
    const double factor = form.weights == AttentionWeights::softmax ? 16 : 64;
    expect_same(
        [&](const Tensors& x) { return Tensors{row_attention(x[0], x[1], 0.3, form)}; },
        [&](const Tensors& x) { return Tensors{row_attention_reference(x[0], x[1], 0.3, form)}; },
        {normal({size.replicas, size.rows, size.length, 3, size.heads, size.width}), normal({size.replicas, 3 * size.heads * size.width})},
        factor);
  }
};

ON_EVERY_DEVICE(DifferentiableAttention);

TEST_P(DifferentiableAttention, HasTheGradientsOfItsReference) {
  for (const AttentionWeights weights : {AttentionWeights::softmax, AttentionWeights::linear, AttentionWeights::linear_mean}) {
    for (const AttentionSize& size : {AttentionSize{1, 2, 1, 1, 1},
                                      {1, 1, 3, 2, 5},
                                      {2, 3, 17, 2, 8},
                                      {1, 2, 33, 1, 64},
                                      {2, 1, 50, 3, 20},
                                      {1, 1, 97, 1, 16},
                                      {1, 1, 40, 1, 130}})
      expect_gradients_of_reference(size, {.weights = weights});
  }
}

TEST_P(DifferentiableAttention, TurnedHasTheGradientsOfItsReference) {
  for (const AttentionWeights weights : {AttentionWeights::softmax, AttentionWeights::linear_mean}) {
    for (const AttentionSize& size : {AttentionSize{1, 2, 1, 1, 2},
                                      {1, 1, 3, 2, 6},
                                      {2, 3, 17, 2, 8},
                                      {1, 2, 33, 1, 64},
                                      {2, 1, 50, 3, 20},
                                      {1, 1, 97, 1, 32},
                                      {18, 1, 9, 1, 128}})
      expect_gradients_of_reference(size, {.weights = weights, .rotation = random_rotation(size.length, size.width)});
  }
}

TEST_P(Differentiable, TurningIsMultiplyingByAComplexNumber) {
  constexpr int64_t kLength = 5, kWidth = 6, kHalf = kWidth / 2;
  const at::Tensor projections = normal({1, 1, kLength, 3, 1, kWidth});
  const Rotation rotation = random_rotation(kLength, kWidth);
  at::Tensor turned = projections.cpu().clone();
  for (int64_t position = 0; position < kLength; ++position) {
    for (int64_t kind = 0; kind < 2; ++kind) {
      float* values = turned.data_ptr<float>() + (position * 3 + kind) * kWidth;
      for (int64_t i = 0; i < kHalf; ++i) {
        const std::complex<float> angle(rotation.cosines[position][i].item<float>(), rotation.sines[position][i].item<float>());
        const std::complex<float> value = std::complex<float>(values[i], values[kHalf + i]) * angle;
        values[i] = value.real();
        values[kHalf + i] = value.imag();
      }
    }
  }
  EXPECT_TRUE(is_close(row_attention(projections, {}, 1, {.rotation = rotation}), row_attention(turned.to(device()), {}, 1), 16));
}

TEST_P(Differentiable, LinearAttentionIsASumOfScoredValues) {
  const at::Tensor projections = normal({1, 1, 4, 3, 1, 3});
  const std::vector<at::Tensor> parts = projections.squeeze(4).squeeze(0).squeeze(0).unbind(1);  // queries, keys, values: [T, E]
  for (const bool is_mean : {false, true}) {
    const at::Tensor output =
        row_attention(projections, {}, 0.5, {.weights = is_mean ? AttentionWeights::linear_mean : AttentionWeights::linear});
    for (int64_t query = 0; query < 4; ++query) {
      at::Tensor expected = at::zeros({3}, floats());
      for (int64_t key = 0; key <= query; ++key) expected += 0.5 * parts[0][query].dot(parts[1][key]) * parts[2][key];
      if (is_mean) expected /= query + 1;
      EXPECT_TRUE(is_close(output[0][0][query], expected, 16)) << query;
    }
  }
}

TEST_P(Differentiable, AnglesThatDoNotFitTheHeadsAreRefused) {
  const at::Tensor projections = normal({1, 1, 4, 3, 1, 6});
  EXPECT_THROW(row_attention(projections, {}, 1, {.rotation = random_rotation(4, 8)}), c10::Error);
  EXPECT_THROW(row_attention(projections, {}, 1, {.rotation = random_rotation(3, 6)}), c10::Error);
  EXPECT_THROW(row_attention(normal({1, 1, 4, 3, 1, 5}), {}, 1, {.rotation = random_rotation(4, 5)}), c10::Error);
}

TEST_P(Differentiable, AQueryDoesNotSeeLaterPositions) {
  const at::Tensor projections = normal({1, 1, 20, 3, 2, 8});
  at::Tensor changed = projections.clone();
  changed.narrow(2, 12, 8) += 1;
  for (const AttentionWeights weights : {AttentionWeights::softmax, AttentionWeights::linear, AttentionWeights::linear_mean}) {
    const AttentionForm form = {.weights = weights, .rotation = random_rotation(20, 8)};
    const at::Tensor before = row_attention(projections, {}, 1, form), after = row_attention(changed, {}, 1, form);
    EXPECT_TRUE(at::equal(before.narrow(2, 0, 12), after.narrow(2, 0, 12)));
  }
}

TEST_P(Differentiable, EmbeddingHasTheGradientsOfItsReference) {
  const at::Tensor ids = whole_numbers(5, {2, 30});
  expect_same([&](const Tensors& x) { return Tensors{embed(ids, x[0])}; }, [&](const Tensors& x) { return Tensors{embed_reference(ids, x[0])}; },
              {normal({2, 5, 6})}, 4);
}

TEST_P(Differentiable, AnIdOutsideTheTableIsRefused) {
  if (!device().is_cpu()) GTEST_SKIP() << "to read ids on a GPU would stop the step";
  EXPECT_THROW(embed(at::full({1, 1}, 5, at::kLong), normal({1, 5, 4})), c10::Error);
  EXPECT_THROW(embed(at::full({1, 1}, -1, at::kLong), normal({1, 5, 4})), c10::Error);
}

TEST_P(Differentiable, CrossEntropyHasTheGradientsOfItsReference) {
  for (const int64_t vocabulary : {1, 7, 64, 130}) {
    SCOPED_TRACE(vocabulary);
    at::Tensor targets = whole_numbers(vocabulary, {2, 11});
    targets[0][3] = -1;
    const std::vector<double> weights = {0.25, 2};
    expect_same([&](const Tensors& x) { return Tensors{cross_entropy_(x[0] * 1.0, targets, weights)}; },
                [&](const Tensors& x) { return Tensors{cross_entropy_reference(x[0] * 1.0, targets, weights)}; },
                {5 * normal({2, 11, vocabulary})}, 8);
  }
}

TEST_P(Differentiable, CrossEntropyOfNothingKnownIsTheLogarithmOfTheChoices) {
  const at::Tensor loss = cross_entropy_(at::zeros({1, 4, 32}, floats()), at::zeros({1, 4}, floats().dtype(at::kLong)), {0.25});
  EXPECT_NEAR(loss.item<double>(), std::log(32.0), 1e-6);
}

// Gradients of tables and parameters are sums over many rows: their order is fixed.
TEST_P(Differentiable, EqualCallsGiveEqualBits) {
  const at::Tensor ids = whole_numbers(7, {2, 300}), targets = whole_numbers(31, {2, 300});
  const Tensors values = {normal({2, 7, 32}), normal({2, 32}), normal({2, 32}), normal({2, 96, 32}), normal({2, 96}), normal({2, 31, 32})};
  const auto gradients = [&] {
    const Tensors x = leaves_of(values, true);
    const at::Tensor hidden = layer_norm(embed(ids, x[0]), {.gain = x[1], .shift = x[2]});
    const at::Tensor mixed = row_attention(dense(hidden, x[3]).view({2, 3, 100, 3, 2, 16}), x[4], 0.25);
    const at::Tensor loss = cross_entropy_(dense(mixed.view({2, 300, 32}), x[5]), targets, {1, 1});
    torch::autograd::backward({loss}, {at::ones_like(loss)});
    Tensors all = {loss.detach()};
    for (const at::Tensor& leaf : x) all.push_back(leaf.grad());
    return all;
  };
  const Tensors first = gradients(), second = gradients();
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(at::equal(first[i], second[i])) << i;
}

TEST_P(Differentiable, CrossEntropyOfNaNIsNaN) {
  EXPECT_TRUE(
      std::isnan(cross_entropy_(at::full({1, 1, 9}, std::nan(""), floats()), at::zeros({1, 1}, floats().dtype(at::kLong)), {1}).item<double>()));
}

}  // namespace
}  // namespace manabi::tensor
