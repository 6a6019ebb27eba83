#include "world/values/function_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using ::testing::HasSubstr;

struct DrawnRow {
  std::vector<float> inputs, values;

  bool operator==(const DrawnRow&) const = default;
  std::span<const float> input(size_t point) const {
    const size_t width = inputs.size() / values.size();
    return std::span(inputs).subspan(point * width, width);
  }
};

DrawnRow drawn(const ValueWorld& world, int64_t step, int64_t row) {
  const ValueShape shape = world.shape();
  DrawnRow drawn{std::vector<float>(static_cast<size_t>(shape.points * shape.input_width), -9),
                 std::vector<float>(static_cast<size_t>(shape.points), -9)};
  world.draw(step, row, {drawn.inputs, drawn.values});
  return drawn;
}

FunctionWorld linear_world(int64_t width, const FunctionWorldConfig& config) { return {std::make_shared<LinearFunctions>(width), config}; }

double mean_square(std::span<const float> numbers) {
  return std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), 0.0) / static_cast<double>(numbers.size());
}

double dot(std::span<const float> left, std::span<const float> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

TEST(FunctionWorld, ARowIsAFunctionOfSeedStepAndRow) {
  const FunctionWorld world = linear_world(5, {.points = 7, .noise = 0.5, .seed = 3});
  EXPECT_EQ(drawn(world, 4, 2), drawn(linear_world(5, {.points = 7, .noise = 0.5, .seed = 3}), 4, 2));
  EXPECT_NE(drawn(world, 4, 2), drawn(world, 4, 3));
  EXPECT_NE(drawn(world, 4, 2), drawn(world, 5, 2));
  EXPECT_NE(drawn(world, 4, 2), drawn(linear_world(5, {.points = 7, .noise = 0.5, .seed = 4}), 4, 2));
}

// Two points on a line through the origin have values in the same proportion.
TEST(FunctionWorld, LinearFunctionsAreLinear) {
  const LinearFunctions linear(2);
  const std::vector<float> inputs = {1, 2, -3, -6, 0, 0};
  std::vector<float> values(3);
  linear.draw(base::Rng(7), inputs, 2, values);
  EXPECT_NEAR(values[1], -3 * values[0], 1e-5);
  EXPECT_EQ(values[2], 0);
  EXPECT_NE(values[0], 0);
}

TEST(FunctionWorld, SparseFunctionsLookAtAsManyNumbersAsAreNotZeroAmongTheActive) {
  const LinearFunctions sparse(6, 1, 2);
  std::vector<float> unit_vectors(36), values(6);
  for (size_t i = 0; i < 6; ++i) unit_vectors[7 * i] = 1;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    sparse.draw(base::Rng(seed), unit_vectors, 4, values);
    EXPECT_EQ(std::ranges::count_if(values, [](float value) { return value != 0; }) - (values[4] != 0) - (values[5] != 0), 2) << seed;
  }
}

// The square of sqrt(2/F) v max(0, W x) has the mean |x|^2: F units of mean square |x|^2 / 2 each.
TEST(FunctionWorld, TwoLayerFunctionsHaveTheInputsMeanSquare) {
  const TwoLayerFunctions functions(3, 50);
  const std::vector<float> input = {1, -2, 2};
  double sum = 0;
  constexpr int kDraws = 4000;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    std::vector<float> value(1);
    functions.draw(base::Rng(seed), input, 3, value);
    sum += double{value[0]} * value[0];
  }
  EXPECT_NEAR(sum / kDraws, 9, 5 * 9 * std::sqrt(2.3 / kDraws));
}

// A tree sees signs alone, and has at most 2^depth values.
TEST(FunctionWorld, TreesDependOnSignsAlone) {
  const FunctionWorld world(std::make_shared<TreeFunctions>(3, 2), {.points = 400, .seed = 1});
  const DrawnRow row = drawn(world, 0, 0);
  std::map<std::vector<bool>, float> seen;
  std::set<float> values(row.values.begin(), row.values.end());
  for (size_t point = 0; point < 400; ++point) {
    std::vector<bool> signs;
    for (const float number : row.input(point)) signs.push_back(number > 0);
    EXPECT_EQ(seen.emplace(signs, row.values[point]).first->second, row.values[point]);
  }
  EXPECT_LE(values.size(), 4U);
  EXPECT_GT(values.size(), 1U);
}

TEST(FunctionWorld, SinesStayWithinTheLargestAmplitude) {
  const FunctionWorld world(std::make_shared<SineFunctions>(), {.points = 50, .inputs = {.kind = InputKind::uniform, .scale = 10}});
  float largest = 0;
  for (int64_t row = 0; row < 50; ++row)
    for (const float value : drawn(world, 0, row).values) largest = std::max(largest, std::abs(value));
  EXPECT_LE(largest, 0.5);
  EXPECT_GT(largest, 0.45);
}

TEST(FunctionWorld, UniformInputsHaveTheirVarianceAndBounds) {
  const FunctionWorld world = linear_world(10, {.points = 1000, .inputs = {.kind = InputKind::uniform, .scale = 2}});
  const DrawnRow row = drawn(world, 0, 0);
  EXPECT_LE(*std::ranges::max_element(row.inputs), 1);
  EXPECT_GE(*std::ranges::min_element(row.inputs), -1);
  EXPECT_NEAR(mean_square(row.inputs), 1.0 / 3, 0.02);
}

// Scaled so that the mean square stays 1; the skewed law's second moments are those of its matrix.
TEST(FunctionWorld, SkewedAndHalfInputsKeepTheirMeanSquare) {
  for (const InputKind kind : {InputKind::skewed, InputKind::half}) {
    const FunctionWorld world = linear_world(6, {.points = 20'000, .inputs = {.kind = kind}});
    EXPECT_NEAR(mean_square(drawn(world, 0, 0).inputs), 1, 0.05);
  }
}

TEST(FunctionWorld, HalfInputsLieInASubspaceOfHalfTheDimensions) {
  const FunctionWorld world = linear_world(6, {.points = 5, .inputs = {.kind = InputKind::half}});
  const DrawnRow row = drawn(world, 0, 0);
  // The fourth and fifth point are sums of the first three: the determinant of their Gram matrix is zero.
  std::vector<double> gram(16);
  for (size_t i = 0; i < 4; ++i)
    for (size_t j = 0; j < 4; ++j) gram[4 * i + j] = dot(row.input(i), row.input(j));
  double determinant = 1;
  for (size_t pivot = 0; pivot < 4; ++pivot) {
    determinant *= gram[5 * pivot];
    for (size_t below = pivot + 1; below < 4; ++below) {
      const double factor = gram[4 * below + pivot] / gram[5 * pivot];
      for (size_t column = pivot; column < 4; ++column) gram[4 * below + column] -= factor * gram[4 * pivot + column];
    }
  }
  EXPECT_NEAR(determinant, 0, 1e-4);
}

TEST(FunctionWorld, AnOrthogonalQueryIsOrthogonalToThePointsBeforeItAndKeepsItsLength) {
  const FunctionWorldConfig config = {.points = 5, .seed = 2};
  FunctionWorldConfig shifted = config;
  shifted.inputs.query = QueryPlace::orthogonal;
  const DrawnRow usual = drawn(linear_world(8, config), 0, 0), row = drawn(linear_world(8, shifted), 0, 0);
  for (size_t point = 0; point < 4; ++point) EXPECT_NEAR(dot(row.input(point), row.input(4)), 0, 1e-5);
  EXPECT_NEAR(mean_square(row.input(4)), mean_square(usual.input(4)), 1e-5);
}

TEST(FunctionWorld, OtherQueriesStandWhereTheirPlaceSays) {
  FunctionWorldConfig config = {.points = 9, .inputs = {.query = QueryPlace::other_orthant}};
  const DrawnRow row = drawn(linear_world(4, config), 0, 3);
  for (size_t point = 1; point < 8; ++point)
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(std::signbit(row.input(point)[i]), std::signbit(row.input(0)[i]));
  config.inputs.query = QueryPlace::repeated;
  const DrawnRow repeated = drawn(linear_world(4, config), 0, 3);
  bool is_found = false;
  for (size_t point = 0; point < 8; ++point) is_found |= std::ranges::equal(repeated.input(point), repeated.input(8));
  EXPECT_TRUE(is_found);
}

TEST(FunctionWorld, NoiseHasItsDeviationAndReplacedValuesHaveNothingOfTheFunction) {
  FunctionWorldConfig config = {.points = 4000, .seed = 5};
  const DrawnRow clean = drawn(linear_world(3, config), 0, 0);
  config.noise = 0.5;
  DrawnRow noisy = drawn(linear_world(3, config), 0, 0);
  EXPECT_EQ(noisy.inputs, clean.inputs);
  for (size_t i = 0; i < 4000; ++i) noisy.values[i] -= clean.values[i];
  EXPECT_NEAR(mean_square(noisy.values), 0.25, 0.03);
  config.noise = 0;
  config.replaced_values = 2000;
  const DrawnRow replaced = drawn(linear_world(3, config), 0, 0);
  EXPECT_NEAR(mean_square(std::span(replaced.values).first(2000)), 1, 0.15);
  EXPECT_TRUE(std::equal(replaced.values.begin() + 2000, replaced.values.end(), clean.values.begin() + 2000));
}

TEST(FunctionWorld, ACurriculumGrowsNumbersAndPointsToTheWhole) {
  const FunctionWorld world =
      linear_world(5, {.points = 11, .active_growth = {.from = 2, .by = 1, .every = 100}, .point_growth = {.from = 5, .by = 2, .every = 100}});
  EXPECT_EQ(world.points_at(0), 5);
  EXPECT_EQ(world.points_at(99), 5);
  EXPECT_EQ(world.points_at(100), 7);
  EXPECT_EQ(world.points_at(1000), 11);
  EXPECT_EQ(world.active_at(250), 4);
  EXPECT_EQ(world.active_at(5000), 5);
  const DrawnRow row = drawn(world, 0, 0);
  for (size_t point = 0; point < 11; ++point) {
    EXPECT_NE(row.input(point)[1], 0);
    EXPECT_EQ(row.input(point)[2], 0);
  }
}

TEST(FunctionWorld, NumbersThatDoNotFitAreRefused) {
  const auto refusal = [](int64_t width, const FunctionWorldConfig& config) { return test::error_of([&] { linear_world(width, config); }); };
  EXPECT_THAT(refusal(3, {.points = 0}), HasSubstr("points = 0"));
  EXPECT_THAT(refusal(3, {.points = 2, .noise = -1}), HasSubstr("noise = -1"));
  EXPECT_THAT(refusal(3, {.points = 2, .replaced_values = 3}), HasSubstr("replaced_values = 3, points = 2"));
  EXPECT_THAT(refusal(3, {.points = 2, .active_growth = {.from = 4, .every = 1}}), HasSubstr("numbers of an input from 4"));
  EXPECT_THAT(refusal(3, {.points = 2, .inputs = {.scale = 0}}), HasSubstr("scale = 0"));
  EXPECT_THAT(test::error_of([] { LinearFunctions(3, 1, 4); }), HasSubstr("nonzero = 4, input_width = 3"));
  const FunctionWorld crowded = linear_world(3, {.points = 5, .inputs = {.query = QueryPlace::orthogonal}});
  EXPECT_THAT(test::error_of([&] { drawn(crowded, 0, 0); }), HasSubstr("no more points than numbers"));
}

}  // namespace
}  // namespace manabi::world
