#include "learn/theory/regression/local.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "base/error.h"

namespace manabi::learn {
namespace {

// [B, Q, K].
at::Tensor squared_distances(const Examples& examples, const at::Tensor& queries) {
  return (queries.unsqueeze(2) - examples.inputs.unsqueeze(1)).square().sum(3);
}

// Means of values [B, Q, K] weighed by [B, Q, K].
at::Tensor weighed(const at::Tensor& values, const at::Tensor& weights) { return (values * weights).sum(2) / weights.sum(2); }

}  // namespace

NearestNeighbours::NearestNeighbours(int64_t neighbours, NeighbourWeights weights) : neighbours_(neighbours), weights_(weights) {
  if (neighbours < 1)
    throw base::Error({.where = "nearest neighbours", .given = fmt::format("{} neighbours", neighbours), .expected = "at least one"});
}

std::string NearestNeighbours::name() const {
  return fmt::format("{} nearest{}", neighbours_, weights_ == NeighbourWeights::uniform ? "" : ", by distance");
}

at::Tensor NearestNeighbours::tell_some(const Examples& examples, const at::Tensor& queries) const {
  constexpr double kAtOnce = 1e-12;  // squared distance below which an example is the query
  const int64_t count = std::min(neighbours_, examples.values.size(1));
  const auto [distances, nearest] = squared_distances(examples, queries).topk(count, 2, /*largest=*/false);
  const at::Tensor values = examples.values.unsqueeze(1).expand({-1, queries.size(1), -1}).gather(2, nearest);
  if (weights_ == NeighbourWeights::uniform) return values.mean(2);
  return weighed(values, distances.clamp_min(kAtOnce).reciprocal());
}

KernelSmoother::KernelSmoother(double bandwidth) : bandwidth_(bandwidth) {
  if (!(bandwidth > 0))
    throw base::Error({.where = "kernel smoother", .given = fmt::format("a bandwidth of {}", bandwidth), .expected = "a positive number"});
}

std::string KernelSmoother::name() const { return fmt::format("kernel smoother {:.3g}", bandwidth_); }

at::Tensor KernelSmoother::tell_some(const Examples& examples, const at::Tensor& queries) const {
  const at::Tensor weights = (squared_distances(examples, queries) * (-0.5 / (bandwidth_ * bandwidth_))).softmax(2);
  return (weights * examples.values.unsqueeze(1)).sum(2);
}

}  // namespace manabi::learn
