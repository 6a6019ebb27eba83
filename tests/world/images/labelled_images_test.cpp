#include "world/images/labelled_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/data.h"
#include "tests/support/error.h"
#include "world/images/random_characters.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

void expect_standardised(const LabelledImages& images) {
  double sum = 0, squares = 0;
  for (const float value : images.inputs) sum += value, squares += double{value} * value;
  const auto count = static_cast<double>(images.inputs.size());
  EXPECT_NEAR(sum / count, 0, 1e-4);
  EXPECT_NEAR(squares / count, 1, 1e-3);
}

TEST(LabelledImages, AreSplitDrawingByDrawing) {
  const SplitImages images = split(random_characters({.characters = 4, .exemplars = 5, .side = 7}), 3);
  ASSERT_EQ(images.training->classes(), 4);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(images.training->of_class[static_cast<size_t>(i)].size(), 3U);
    EXPECT_EQ(images.held_out->of_class[static_cast<size_t>(i)].size(), 2U);
  }
  EXPECT_EQ(images.training->input_width, 49);
  expect_standardised(*images.training);
  EXPECT_NE(images.training->hash(), images.held_out->hash());
}

TEST(LabelledImages, ASplitWithoutOneSideIsRefused) {
  const Drawings drawings = random_characters({.characters = 2, .exemplars = 5, .side = 7});
  EXPECT_THAT(test::error_of([&] { split(drawings, 5); }), HasSubstr("5 of 5 drawings"));
  EXPECT_THAT(test::error_of([&] { split(drawings, 0); }), HasSubstr("0 of 5 drawings"));
}

TEST(LabelledImages, DigitsAreTheTestSetsWithAFifthHeldOut) {
  MANABI_NEEDS(test::data_folder().empty() ? "" : test::data_folder() + "/mnist");
  const SplitImages digits = read_mnist(test::data_folder(), 7, 5);
  int64_t training = 0, held_out = 0;
  for (const auto& images : digits.training->of_class) training += std::ssize(images);
  for (const auto& images : digits.held_out->of_class) held_out += std::ssize(images);
  EXPECT_EQ(training + held_out, 980 + 1135 + 1032 + 1010 + 982);
  EXPECT_NEAR(static_cast<double>(held_out) / static_cast<double>(training), 0.25, 0.01);
  expect_standardised(*digits.training);
  EXPECT_THAT(test::error_of([] { read_mnist(test::data_folder(), 7, 11); }), HasSubstr("11 classes"));
}

}  // namespace
}  // namespace manabi::world
