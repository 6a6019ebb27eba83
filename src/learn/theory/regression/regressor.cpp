#include "learn/theory/regression/regressor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <numeric>

#include "base/error.h"

namespace manabi::learn {
namespace {

Examples checked(const Examples& examples) {
  const at::Tensor &inputs = examples.inputs, &values = examples.values;
  if (inputs.dim() != 3 || values.dim() != 2 || inputs.size(0) != values.size(0) || inputs.size(1) != values.size(1))
    throw base::Error({.where = "examples",
                       .given = fmt::format("inputs of {} dimensions and values of {}", inputs.dim(), values.dim()),
                       .expected = "inputs [B, K, I] and values [B, K]"});
  return {.inputs = inputs.to(at::kCPU, at::kDouble), .values = values.to(at::kCPU, at::kDouble)};
}

}  // namespace

at::Tensor Regressor::tell(const Examples& given, const at::Tensor& queries) const {
  const Examples examples = checked(given);
  if (examples.values.size(1) == 0) return at::zeros({queries.size(0), queries.size(1)}, at::kDouble);
  return tell_some(examples, queries.to(at::kCPU, at::kDouble));
}

at::Tensor LinearRegressor::weights(const Examples& given) const {
  const Examples examples = checked(given);
  if (examples.values.size(1) == 0) return at::zeros({examples.inputs.size(0), examples.inputs.size(2)}, at::kDouble);
  return weights_of_some(examples);
}

at::Tensor LinearRegressor::tell_some(const Examples& examples, const at::Tensor& queries) const {
  return at::matmul(queries, weights_of_some(examples).unsqueeze(2)).squeeze(2);
}

at::Tensor tell_at(const Regressor& regressor, const at::Tensor& inputs, const at::Tensor& values, const std::vector<int64_t>& points) {
  std::vector<at::Tensor> told;
  for (const int64_t point : points)
    told.push_back(
        regressor.tell({.inputs = inputs.narrow(1, 0, point), .values = values.narrow(1, 0, point)}, inputs.narrow(1, point, 1)).squeeze(1));
  return at::stack(told, 1);
}

at::Tensor tell_every(const Regressor& regressor, const at::Tensor& inputs, const at::Tensor& values) {
  std::vector<int64_t> points(static_cast<size_t>(inputs.size(1)));
  std::iota(points.begin(), points.end(), int64_t{0});
  return tell_at(regressor, inputs, values, points);
}

}  // namespace manabi::learn
