#include "learn/theory/regression/descent.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <functional>

namespace manabi::learn {
namespace {

constexpr double kGradientBound = 20;  // of online descent, as published

struct Moments {
  at::Tensor inputs;    // sum_i x_i x_i: [B, I, I]
  at::Tensor products;  // sum_i y_i x_i: [B, I, 1]
};

Moments moments_of(const Examples& examples) {
  const at::Tensor across = examples.inputs.transpose(1, 2);
  return {.inputs = at::matmul(across, examples.inputs), .products = at::matmul(across, examples.values.unsqueeze(2))};
}

at::Tensor eye_like(const at::Tensor& matrices) { return at::eye(matrices.size(1), matrices.options()); }

// The argument between two bounds at which a function with one minimum has it.
double golden_section(const std::function<double(double)>& function, double low, double high) {
  constexpr double kRatio = 0.6180339887498949;
  constexpr int kRounds = 40;
  double left = high - kRatio * (high - low), right = low + kRatio * (high - low);
  double at_left = function(left), at_right = function(right);
  for (int round = 0; round < kRounds; ++round) {
    if (at_left < at_right) {
      high = right;
      right = left, at_right = at_left;
      left = high - kRatio * (high - low), at_left = function(left);
    } else {
      low = left;
      left = right, at_left = at_right;
      right = low + kRatio * (high - low), at_right = function(right);
    }
  }
  return (low + high) / 2;
}

}  // namespace

std::string GradientDescent::name() const { return fmt::format("descent, {} step{}", steps_, steps_ == 1 ? "" : "s"); }

at::Tensor GradientDescent::weights_of_some(const Examples& examples) const {
  const Moments moments = moments_of(examples);
  at::Tensor weights = rate_ * moments.products;
  for (int64_t step = 1; step < steps_; ++step) weights = weights - rate_ * (at::matmul(moments.inputs, weights) - moments.products);
  return weights.squeeze(2);
}

std::string CurvedDescent::name() const { return fmt::format("curved descent, {} step{}", steps_, steps_ == 1 ? "" : "s"); }

// `values` are what is left of them: y_j <- y_j - rate sum_i y_i x_i x_j.
at::Tensor CurvedDescent::tell_some(const Examples& examples, const at::Tensor& queries) const {
  at::Tensor inputs = examples.inputs, values = examples.values.unsqueeze(2), asked = queries;
  at::Tensor told = at::zeros({queries.size(0), queries.size(1), 1}, queries.options());
  for (int64_t step = 0; step < steps_; ++step) {
    const Moments moments = moments_of({.inputs = inputs, .values = values.squeeze(2)});
    told = told + rate_ * at::matmul(asked, moments.products);
    values = values - rate_ * at::matmul(inputs, moments.products);
    asked = asked - curvature_ * at::matmul(asked, moments.inputs);
    inputs = inputs - curvature_ * at::matmul(inputs, moments.inputs);
  }
  return told.squeeze(2);
}

std::string PreconditionedDescent::name() const { return fmt::format("preconditioned descent, {} step{}", steps_, steps_ == 1 ? "" : "s"); }

at::Tensor PreconditionedDescent::weights_of_some(const Examples& examples) const {
  const auto count = static_cast<double>(examples.values.size(1));
  const Moments moments = moments_of(examples);
  const at::Tensor factor = at::linalg_cholesky(moments.inputs / count + damping_ * eye_like(moments.inputs));
  at::Tensor weights = at::zeros_like(moments.products);
  for (int64_t step = 0; step < steps_; ++step)
    weights = weights - rate_ * at::cholesky_solve((at::matmul(moments.inputs, weights) - moments.products) / count, factor);
  return weights.squeeze(2);
}

std::string OnlineDescent::name() const { return fmt::format("online descent {:.3g}", rate_); }

at::Tensor OnlineDescent::weights_of_some(const Examples& examples) const {
  at::Tensor weights = at::zeros({examples.inputs.size(0), examples.inputs.size(2)}, examples.inputs.options());
  for (int64_t i = 0; i < examples.values.size(1); ++i) {
    const at::Tensor input = examples.inputs.select(1, i);
    const at::Tensor residual = (weights * input).sum(1) - examples.values.select(1, i);
    weights = weights - rate_ * (2 * residual.unsqueeze(1) * input).clamp(-kGradientBound, kGradientBound);
  }
  return weights;
}

std::string NewtonSteps::name() const { return fmt::format("Newton, {} step{}", steps_, steps_ == 1 ? "" : "s"); }

at::Tensor NewtonSteps::weights_of_some(const Examples& examples) const {
  const Moments moments = moments_of(examples);
  const at::Tensor& gram = moments.inputs;
  const at::Tensor largest = gram.abs().sum(2).amax(1).clamp_min(1e-100).view({-1, 1, 1});
  at::Tensor inverse = gram / largest.square();
  for (int64_t step = 0; step < steps_; ++step) inverse = 2 * inverse - at::matmul(inverse, at::matmul(gram, inverse));
  return at::matmul(inverse, moments.products).squeeze(2);
}

double OneStepLoss::mean_square() const {
  const auto count = static_cast<double>(examples), width = static_cast<double>(input_width);
  return count * (fourth_moment + (width - 1) * variance * variance) + count * (count - 1) * variance * variance;
}

double OneStepLoss::at(double rate) const {
  const auto count = static_cast<double>(examples), width = static_cast<double>(input_width);
  return 0.5 * width * variance * (1 - 2 * rate * count * variance + rate * rate * mean_square());
}

double OneStepLoss::best_rate() const { return static_cast<double>(examples) * variance / mean_square(); }

double best_rate(int64_t steps, const at::Tensor& inputs, const at::Tensor& values, double most) {
  const int64_t last = inputs.size(1) - 1;
  const Examples examples = {.inputs = inputs.narrow(1, 0, last), .values = values.narrow(1, 0, last)};
  const at::Tensor query = inputs.narrow(1, last, 1), wanted = values.select(1, last).to(at::kDouble);
  const auto loss = [&](double rate) {
    const double mean = (GradientDescent(steps, rate).tell(examples, query).squeeze(1) - wanted).square().mean().item<double>();
    return std::isfinite(mean) ? mean : std::numeric_limits<double>::max();
  };
  return golden_section(loss, 0, most);
}

}  // namespace manabi::learn
