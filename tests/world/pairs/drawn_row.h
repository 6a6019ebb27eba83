// A row with memory of its own, and how far counts may stray.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "world/pairs/pair_world.h"

namespace manabi::test {

struct DrawnRow {
  std::vector<float> inputs;    // [K + 1, I]
  std::vector<int64_t> labels;  // [K + 1]

  bool operator==(const DrawnRow&) const = default;

  std::span<const int64_t> context() const { return std::span(labels).first(labels.size() - 1); }
  int64_t target() const { return labels.back(); }
  int64_t shown(int64_t label) const { return std::count(labels.begin(), labels.end() - 1, label); }
  std::span<const float> input(size_t i) const {
    const size_t width = inputs.size() / labels.size();
    return std::span(inputs).subspan(i * width, width);
  }
};

inline DrawnRow drawn(const world::PairWorld& world, int64_t step, int64_t row) {
  const world::PairShape shape = world.shape();
  DrawnRow drawn{.inputs = std::vector<float>(static_cast<size_t>((shape.pairs + 1) * shape.input_width), -1),
                 .labels = std::vector<int64_t>(static_cast<size_t>(shape.pairs + 1), -1)};
  world.draw(step, row, {drawn.inputs, drawn.labels});
  return drawn;
}

// Rows over a few steps, as a training would ask for them.
inline std::vector<DrawnRow> drawn_rows(const world::PairWorld& world, int64_t count) {
  constexpr int64_t kBatch = 32;
  std::vector<DrawnRow> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(drawn(world, i / kBatch, i % kBatch));
  return rows;
}

// Within five standard deviations of a binomial count.
inline void expect_share(int64_t count, int64_t total, double probability) {
  const auto n = static_cast<double>(total);
  EXPECT_NEAR(static_cast<double>(count) / n, probability, 5 * std::sqrt(probability * (1 - probability) / n) + 1e-12);
}

inline bool same(std::span<const float> left, std::span<const float> right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace manabi::test
