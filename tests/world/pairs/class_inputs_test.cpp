#include "world/pairs/class_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "tests/support/error.h"
#include "tests/world/pairs/drawn_row.h"

namespace manabi::world {
namespace {

using ::testing::HasSubstr;

std::vector<float> input_of(const ClassInputs& inputs, int64_t class_index, base::Rng& rng) {
  std::vector<float> input(static_cast<size_t>(inputs.config().input_width));
  inputs.draw(class_index, rng, input);
  return input;
}

double mean_square(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * value;
  return sum / static_cast<double>(values.size());
}

TEST(BurstyClassInputs, GaussianPrototypesHaveUnitEntriesAndTheOthersUnitLength) {
  const ClassInputs gaussian({.classes = 500, .input_width = 64});
  const ClassInputs unit({.classes = 500, .input_width = 64, .prototypes = Prototypes::unit_length});
  double sum = 0;
  for (int64_t c = 0; c < 500; ++c) {
    sum += mean_square(gaussian.prototype(c));
    EXPECT_NEAR(mean_square(unit.prototype(c)) * 64, 1, 1e-5);
  }
  EXPECT_NEAR(sum / 500, 1, 5 * std::sqrt(2.0 / (500 * 64)));
}

TEST(BurstyClassInputs, OfAClassDoNotDependOnHowManyThereAre) {
  const ClassInputs few({.classes = 3, .holdout = 2, .input_width = 5, .exemplars = 2});
  const ClassInputs many({.classes = 30, .holdout = 4, .input_width = 5, .exemplars = 4});
  for (int64_t c = 0; c < 3; ++c) EXPECT_TRUE(test::same(few.prototype(c), many.prototype(c)));
  for (int64_t c = 0; c < 2; ++c) EXPECT_TRUE(test::same(few.prototype(3 + c), many.prototype(30 + c)));
  EXPECT_FALSE(test::same(few.prototype(0), few.prototype(3)));
  EXPECT_FALSE(test::same(few.prototype(0), ClassInputs({.classes = 3, .input_width = 5, .seed = 1}).prototype(0)));
}

TEST(BurstyClassInputs, ScatterAroundThePrototypeByTheNoise) {
  for (const int64_t exemplars : {0, 400}) {
    const ClassInputs inputs({.classes = 2, .input_width = 50, .exemplars = exemplars, .noise = 0.5});
    base::Rng rng(2);
    double sum = 0;
    for (int i = 0; i < 400; ++i) {
      std::vector<float> input = input_of(inputs, 1, rng);
      for (size_t d = 0; d < input.size(); ++d) input[d] -= inputs.prototype(1)[d];
      sum += mean_square(input);
    }
    // Exemplars repeat, so that fewer of them count.
    EXPECT_NEAR(sum / 400, 0.25, 5 * 0.25 * std::sqrt(2.0 / (200 * 50)));
  }
}

TEST(BurstyClassInputs, AreTheFixedExemplarsOrNeverTheSame) {
  for (const int64_t exemplars : {0, 1, 20}) {
    const ClassInputs inputs({.classes = 4, .input_width = 3, .exemplars = exemplars});
    base::Rng rng(3);
    std::set<std::vector<float>> seen;
    for (int i = 0; i < 500; ++i) seen.insert(input_of(inputs, 2, rng));
    EXPECT_EQ(seen.size(), exemplars == 0 ? 500u : static_cast<size_t>(exemplars));
  }
}

TEST(BurstyClassInputs, WithoutNoiseAreThePrototype) {
  const ClassInputs inputs({.classes = 2, .input_width = 7, .noise = 0});
  base::Rng rng(4);
  EXPECT_TRUE(test::same(input_of(inputs, 1, rng), inputs.prototype(1)));
}

TEST(BurstyClassInputs, RefuseWhatCannotBe) {
  EXPECT_THAT(test::error_of([] { ClassInputs({.classes = 0}); }), HasSubstr("classes = 0"));
  EXPECT_THAT(test::error_of([] { ClassInputs({.holdout = -1}); }), HasSubstr("holdout = -1"));
  EXPECT_THAT(test::error_of([] { ClassInputs({.input_width = 0}); }), HasSubstr("input_width = 0"));
  EXPECT_THAT(test::error_of([] { ClassInputs({.exemplars = -2}); }), HasSubstr("exemplars = -2"));
  EXPECT_THAT(test::error_of([] { ClassInputs({.noise = -0.5}); }), HasSubstr("noise = -0.5"));
  EXPECT_THAT(test::error_of([] { ClassInputs({.noise = std::nan("")}); }), HasSubstr("noise = nan"));
}

}  // namespace
}  // namespace manabi::world
