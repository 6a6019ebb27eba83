// Convolutions against loops that follow the definition, and their gradients against libtorch's.
#include "tensor/differentiable/convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "tests/tensor/close.h"

namespace manabi::tensor {
namespace {

struct Shape {
  int64_t replicas, images, side, channels, outputs;
  Window window;
};

// One place, one channel, windows as large as the map, edges that no window reaches, and the sizes of a residual network.
const std::vector<Shape> kShapes = {{1, 1, 1, 1, 1, {.side = 1}},
                                    {2, 3, 5, 2, 3, {.side = 1, .stride = 2}},
                                    {1, 2, 4, 3, 2, {.side = 4}},
                                    {2, 2, 6, 3, 5, {.side = 3, .stride = 1, .padding = 1}},
                                    {3, 2, 7, 8, 8, {.side = 3, .stride = 2, .padding = 1}},
                                    {1, 2, 6, 1, 4, {.side = 3, .stride = 4}},
                                    {2, 2, 28, 1, 64, {.side = 7, .stride = 2, .padding = 3}}};

at::Tensor input_of(const Shape& s) { return at::randn({s.replicas, s.images, s.side, s.side, s.channels}); }
at::Tensor weight_of(const Shape& s) { return at::randn({s.replicas, s.outputs, s.window.side * s.window.side * s.channels}); }

// Sum over the window's places inside the map and over channels.
double naive_value(const Shape& s, const at::Tensor& image, const at::Tensor& kernel, int64_t row, int64_t column) {
  double sum = 0;
  const auto pixels = image.accessor<float, 3>();
  const auto weights = kernel.accessor<float, 1>();
  for (int64_t y = 0; y < s.window.side; ++y) {
    for (int64_t x = 0; x < s.window.side; ++x) {
      const int64_t from_row = row * s.window.stride + y - s.window.padding, from_column = column * s.window.stride + x - s.window.padding;
      if (from_row < 0 || from_row >= s.side || from_column < 0 || from_column >= s.side) continue;
      for (int64_t c = 0; c < s.channels; ++c)
        sum += double{pixels[from_row][from_column][c]} * weights[(y * s.window.side + x) * s.channels + c];
    }
  }
  return sum;
}

TEST(Convolution, IsTheSumOverItsWindow) {
  at::manual_seed(1);
  for (const Shape& s : kShapes) {
    const at::Tensor input = input_of(s), weight = weight_of(s), output = convolve(input, weight, s.window);
    const int64_t places = s.window.places(s.side);
    ASSERT_EQ(output.sizes(), (std::vector<int64_t>{s.replicas, s.images, places, places, s.outputs}));
    at::Tensor expected = at::empty(output.sizes());
    for (int64_t r = 0; r < s.replicas; ++r)
      for (int64_t n = 0; n < s.images; ++n)
        for (int64_t row = 0; row < places; ++row)
          for (int64_t column = 0; column < places; ++column)
            for (int64_t o = 0; o < s.outputs; ++o) expected[r][n][row][column][o] = naive_value(s, input[r][n], weight[r][o], row, column);
    EXPECT_TRUE(is_close(output, expected, 4)) << s.side << " " << s.window.side;
    EXPECT_TRUE(is_close(convolve_reference(input, weight, s.window), expected, 4)) << s.side << " " << s.window.side;
  }
}

TEST(Convolution, HasTheGradientsOfItsReference) {
  at::manual_seed(2);
  for (const Shape& s : kShapes) {
    SCOPED_TRACE(s.side);
    const at::Tensor values = input_of(s), weights = weight_of(s);
    std::vector<at::Tensor> input_gradients, weight_gradients;
    at::Tensor outer;
    for (const bool fused : {true, false}) {
      at::Tensor input = values.clone().set_requires_grad(true);
      // A parameter as a buffer of several holds it: replicas apart, gradients beside each other.
      at::Tensor weight = at::cat({weights.flatten(1), at::zeros({s.replicas, 3})}, 1).narrow(1, 0, weights[0].numel()).view(weights.sizes());
      weight = weight.detach().set_requires_grad(true);
      weight.mutable_grad() = at::zeros({s.replicas, weights[0].numel() + 5}).narrow(1, 0, weights[0].numel()).view(weights.sizes());
      const at::Tensor output = fused ? convolve(input, weight, s.window) : convolve_reference(input, weight, s.window);
      if (!outer.defined()) outer = at::randn(output.sizes());
      torch::autograd::backward({output}, {outer});
      input_gradients.push_back(input.grad());
      weight_gradients.push_back(weight.grad());
    }
    EXPECT_TRUE(is_close(input_gradients[0], input_gradients[1], 16));
    EXPECT_TRUE(is_close(weight_gradients[0], weight_gradients[1], 16));
    EXPECT_GT(weight_gradients[0].abs().max().item<double>(), 0);
  }
}

TEST(Convolution, ShapesThatDoNotFitAreRefused) {
  EXPECT_THROW(convolve(at::zeros({1, 1, 4, 4, 2}), at::zeros({1, 3, 9}), {.side = 3}), c10::Error);
  EXPECT_THROW(convolve(at::zeros({1, 1, 2, 2, 1}), at::zeros({1, 3, 9}), {.side = 3}), c10::Error);
}

}  // namespace
}  // namespace manabi::tensor
