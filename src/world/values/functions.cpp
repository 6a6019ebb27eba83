#include "world/values/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kWhere = "functions";

void check_least(const char* name, int64_t value, int64_t least) {
  require(value >= least, {.where = kWhere, .given = fmt::format("{} = {}", name, value), .expected = fmt::format("at least {}", least)});
}

std::vector<float> normals(base::Rng& rng, int64_t count, double deviation = 1) {
  std::vector<float> numbers(static_cast<size_t>(count));
  rng.add_normals(deviation, numbers);
  return numbers;
}

float dot(std::span<const float> left, std::span<const float> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0F);
}

}  // namespace

LinearFunctions::LinearFunctions(int64_t input_width, double deviation, int64_t nonzero)
    : input_width_(input_width), deviation_(deviation), nonzero_(nonzero) {
  check_least("input_width", input_width, 1);
  require(std::isfinite(deviation) && deviation > 0,
          {.where = kWhere, .given = fmt::format("deviation = {}", deviation), .expected = "a positive number"});
  require(nonzero >= 0 && nonzero <= input_width, {.where = kWhere,
                                                   .given = fmt::format("nonzero = {}, input_width = {}", nonzero, input_width),
                                                   .expected = "no more nonzero weights than numbers in an input"});
}

void LinearFunctions::draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const {
  std::vector<float> weights = normals(rng, input_width_, deviation_);
  if (nonzero_ > 0) {
    const std::vector<int64_t> order = rng.permutation(active);
    for (size_t i = static_cast<size_t>(std::min(nonzero_, active)); i < order.size(); ++i) weights[static_cast<size_t>(order[i])] = 0;
  }
  for (size_t point = 0; point < values.size(); ++point) values[point] = dot(inputs.subspan(point * weights.size(), weights.size()), weights);
}

TwoLayerFunctions::TwoLayerFunctions(int64_t input_width, int64_t hidden_width) : input_width_(input_width), hidden_width_(hidden_width) {
  check_least("input_width", input_width, 1);
  check_least("hidden_width", hidden_width, 1);
}

void TwoLayerFunctions::draw(base::Rng rng, std::span<const float> inputs, int64_t /*active*/, std::span<float> values) const {
  const auto width = static_cast<size_t>(input_width_);
  const std::vector<float> into = normals(rng, hidden_width_ * input_width_), out = normals(rng, hidden_width_);
  const float scale = std::sqrt(2.0F / static_cast<float>(hidden_width_));
  for (size_t point = 0; point < values.size(); ++point) {
    float sum = 0;
    for (size_t unit = 0; unit < out.size(); ++unit)
      sum += out[unit] * std::max(0.0F, dot(inputs.subspan(point * width, width), std::span(into).subspan(unit * width, width)));
    values[point] = scale * sum;
  }
}

TreeFunctions::TreeFunctions(int64_t input_width, int64_t depth) : input_width_(input_width), depth_(depth) {
  check_least("input_width", input_width, 1);
  check_least("depth", depth, 1);
  require(depth <= 20, {.where = kWhere, .given = fmt::format("depth = {}", depth), .expected = "at most 20"});
}

// Node n has the children 2 n + 1 and 2 n + 2.
void TreeFunctions::draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const {
  const size_t inner = (size_t{1} << depth_) - 1, width = static_cast<size_t>(input_width_);
  std::vector<size_t> asked(inner);
  for (size_t& number : asked) number = rng.below(static_cast<uint64_t>(active));
  const std::vector<float> leaves = normals(rng, static_cast<int64_t>(inner) + 1);
  for (size_t point = 0; point < values.size(); ++point) {
    size_t node = 0;
    while (node < inner) node = 2 * node + 1 + (inputs[point * width + asked[node]] > 0 ? 1 : 0);
    values[point] = leaves[node - inner];
  }
}

void SineFunctions::draw(base::Rng rng, std::span<const float> inputs, int64_t /*active*/, std::span<float> values) const {
  const double amplitude = 0.1 + 0.4 * rng.uniform(), phase = std::numbers::pi * rng.uniform();
  for (size_t point = 0; point < values.size(); ++point)
    values[point] = static_cast<float>(amplitude * std::sin(static_cast<double>(inputs[point]) + phase));
}

}  // namespace manabi::world
