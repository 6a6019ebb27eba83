#include "learn/theory/regression/two_layer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace manabi::learn {
namespace {

// The parameters of every row: W [B, I, F], b1 [B, 1, F], v [B, F, 1], b2 [B, 1, 1].
using Parameters = std::vector<at::Tensor>;

at::Tensor uniform(base::Rng rng, int64_t rows, std::vector<int64_t> sizes, int64_t inputs) {
  const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(inputs)));
  const at::Tensor one = at::empty(sizes, at::kFloat);
  rng.fill_uniforms(-bound, bound, {one.data_ptr<float>(), static_cast<size_t>(one.numel())});
  sizes.insert(sizes.begin(), rows);
  return one.to(at::kDouble).expand(sizes).clone();
}

struct Forward {
  at::Tensor hidden;  // [B, K, F], after the rectifier
  at::Tensor told;    // [B, K, 1]
};

Forward forward(const Parameters& at, const at::Tensor& inputs) {
  at::Tensor hidden = (at::matmul(inputs, at[0]) + at[1]).relu_();
  at::Tensor told = at::matmul(hidden, at[2]) + at[3];
  return {.hidden = std::move(hidden), .told = std::move(told)};
}

// Of the mean squared error over the examples.
Parameters gradients(const Parameters& at, const Forward& at_examples, const at::Tensor& inputs, const at::Tensor& values) {
  const at::Tensor error = (at_examples.told - values) * (2.0 / static_cast<double>(values.size(1)));
  const at::Tensor back = at::matmul(error, at[2].transpose(1, 2)) * at_examples.hidden.gt(0);
  return {at::matmul(inputs.transpose(1, 2), back), back.sum(1, true), at::matmul(at_examples.hidden.transpose(1, 2), error),
          error.sum(1, true)};
}

}  // namespace

at::Tensor TwoLayerFit::tell_some(const Examples& examples, const at::Tensor& queries) const {
  constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
  const int64_t rows = examples.inputs.size(0), width = examples.inputs.size(2), hidden = config_.hidden_width;
  const base::Rng rng(config_.seed);
  Parameters parameters = {uniform(rng.child("into"), rows, {width, hidden}, width), uniform(rng.child("shift"), rows, {1, hidden}, width),
                           uniform(rng.child("out"), rows, {hidden, 1}, hidden), uniform(rng.child("out shift"), rows, {1, 1}, hidden)};
  Parameters means, squares;
  for (const at::Tensor& parameter : parameters) {
    means.push_back(at::zeros_like(parameter));
    squares.push_back(at::zeros_like(parameter));
  }
  const at::Tensor values = examples.values.unsqueeze(2);
  for (int64_t step = 1; step <= config_.steps; ++step) {
    const Parameters slopes = gradients(parameters, forward(parameters, examples.inputs), examples.inputs, values);
    const double kept1 = 1 - std::pow(kBeta1, step), kept2 = 1 - std::pow(kBeta2, step);
    for (size_t i = 0; i < parameters.size(); ++i) {
      means[i].mul_(kBeta1).add_(slopes[i], 1 - kBeta1);
      squares[i].mul_(kBeta2).addcmul_(slopes[i], slopes[i], 1 - kBeta2);
      parameters[i].addcdiv_(means[i] / kept1, (squares[i] / kept2).sqrt_().add_(kEpsilon), -config_.rate);
    }
  }
  return forward(parameters, queries).told.squeeze(2);
}

}  // namespace manabi::learn
