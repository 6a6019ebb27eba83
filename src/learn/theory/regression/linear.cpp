#include "learn/theory/regression/linear.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr double kDependent = 1e-12;  // of the largest singular value

// X^T y: [B, I, 1].
at::Tensor products(const Examples& examples) { return at::matmul(examples.inputs.transpose(1, 2), examples.values.unsqueeze(2)); }

}  // namespace

at::Tensor Averaging::weights_of_some(const Examples& examples) const {
  return products(examples).squeeze(2) / static_cast<double>(examples.values.size(1));
}

at::Tensor LeastSquares::weights_of_some(const Examples& examples) const {
  return std::get<0>(at::linalg_lstsq(examples.inputs, examples.values.unsqueeze(2), kDependent, "gelsd")).squeeze(2);
}

Ridge::Ridge(double lambda) : lambda_(lambda) {
  if (!(lambda > 0) || !std::isfinite(lambda))
    throw base::Error({.where = "ridge", .given = fmt::format("lambda = {}", lambda), .expected = "a positive number (least squares has none)"});
}

std::string Ridge::name() const { return fmt::format("ridge {:.3g}", lambda_); }

at::Tensor Ridge::weights_of_some(const Examples& examples) const {
  const at::Tensor gram = at::matmul(examples.inputs.transpose(1, 2), examples.inputs);
  const at::Tensor factor = at::linalg_cholesky(gram + lambda_ * at::eye(gram.size(1), gram.options()));
  return at::cholesky_solve(products(examples), factor).squeeze(2);
}

std::shared_ptr<const LinearRegressor> bayes_for_linear(double noise, double deviation) {
  if (noise == 0) return std::make_shared<LeastSquares>();
  return std::make_shared<Ridge>(noise * noise / (deviation * deviation));
}

}  // namespace manabi::learn
