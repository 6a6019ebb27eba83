#include "world/images/image_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/error.h"
#include "world/pairs/class_mixture_world.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

constexpr int64_t kSide = 4;

// Characters whose pixels are all different numbers, so that an image tells its character, drawing and orientation.
std::shared_ptr<const Drawings> numbered(int64_t characters, int64_t exemplars) {
  Drawings drawings{.name = "numbered", .side = kSide, .exemplars = exemplars};
  for (int64_t c = 0; c < characters; ++c) {
    drawings.characters.push_back(std::to_string(c));
    for (int64_t i = 0; i < exemplars * kSide * kSide; ++i) drawings.ink.push_back(static_cast<uint8_t>(c * exemplars * kSide * kSide + i));
  }
  return std::make_shared<const Drawings>(drawings);
}

std::vector<float> shown(const ImageClasses& classes, int64_t class_index, uint64_t seed = 0) {
  std::vector<float> image(static_cast<size_t>(classes.input_width()));
  base::Rng rng(seed);
  classes.show(class_index, rng, image);
  return image;
}

std::vector<float> turned(const std::vector<float>& image) {
  std::vector<float> result(image.size());
  for (int64_t row = 0; row < kSide; ++row)
    for (int64_t column = 0; column < kSide; ++column)
      result[static_cast<size_t>(column * kSide + kSide - 1 - row)] = image[static_cast<size_t>(row * kSide + column)];
  return result;
}

std::vector<float> mirrored(std::vector<float> image) {
  for (int64_t row = 0; row < kSide; ++row) std::reverse(image.begin() + row * kSide, image.begin() + (row + 1) * kSide);
  return image;
}

std::vector<float> drawing_of(const Drawings& drawings, int64_t character, int64_t exemplar) {
  std::vector<float> image;
  for (const uint8_t ink : drawings.drawing(character, exemplar)) image.push_back(static_cast<float>(ink) / 255);
  return image;
}

TEST(ImageClasses, AreAllCharactersInAllEightOrientations) {
  const auto drawings = numbered(3, 1);
  const ImageClasses classes(drawings, ShownDrawings::first, 5);
  ASSERT_EQ(classes.classes(), 24);
  EXPECT_EQ(classes.input_width(), kSide * kSide);
  std::set<std::vector<float>> expected, seen;
  for (int64_t c = 0; c < 3; ++c) {
    std::vector<float> image = drawing_of(*drawings, c, 0);
    for (int turn = 0; turn < 4; ++turn, image = turned(image)) expected.insert({image, mirrored(image)});
  }
  for (int64_t c = 0; c < 24; ++c) seen.insert(shown(classes, c));
  EXPECT_EQ(expected.size(), 24u);
  EXPECT_EQ(seen, expected);
}

TEST(ImageClasses, TrainingShowsTheFirstDrawingAndQuestionsAllOthersInTheSameOrientation) {
  const auto drawings = numbered(2, 4);
  const ImageClasses first(drawings, ShownDrawings::first, 5), others(drawings, ShownDrawings::others, 5);
  const float step = static_cast<float>(kSide * kSide) / 255;  // between the same pixels of two drawings
  for (int64_t c = 0; c < 16; ++c) {
    std::map<int64_t, int64_t> seen;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      EXPECT_EQ(shown(first, c, seed), shown(first, c, 0));
      const std::vector<float> image = shown(others, c, seed), base_image = shown(first, c);
      const int64_t exemplar = std::lround((image[0] - base_image[0]) / step);
      ++seen[exemplar];
      for (size_t i = 0; i < image.size(); ++i)
        ASSERT_NEAR(image[i], base_image[i] + static_cast<float>(exemplar) * step, 1e-5) << "another character or orientation";
    }
    EXPECT_EQ(seen.size(), 3u);
    EXPECT_FALSE(seen.contains(0));
  }
}

TEST(ImageClasses, TheSeedDealsTheNumbers) {
  const auto drawings = numbered(4, 1);
  const ImageClasses one(drawings, ShownDrawings::first, 1), same(drawings, ShownDrawings::first, 1), two(drawings, ShownDrawings::first, 2);
  int64_t alike = 0;
  for (int64_t c = 0; c < 32; ++c) {
    EXPECT_EQ(shown(one, c), shown(same, c));
    alike += shown(one, c) == shown(two, c);
  }
  EXPECT_LT(alike, 16);
}

TEST(ImageClasses, OtherDrawingsMustExist) {
  EXPECT_THAT(test::error_of([] { ImageClasses(numbered(1, 1), ShownDrawings::others, 0); }), HasSubstr("1 drawing of each character"));
}

TEST(ClassMixtureOfImages, ShowsTheImagesOfItsClassesAndRepeatsTheirNoise) {
  const auto classes = std::make_shared<ImageClasses>(numbered(2, 1), ShownDrawings::first, 0);
  const ClassMixtureConfig config = {.high_classes = 4, .low_classes = 12, .input_width = kSide * kSide, .pairs = 2, .noise = 0, .rows = 20};
  ClassMixtureConfig noisy_config = config;
  noisy_config.noise = 0.1;
  const ClassMixtureWorld exact(config, classes), noisy(noisy_config, classes);
  std::vector<float> inputs(3 * kSide * kSide), with_noise(inputs.size()), again(inputs.size());
  std::vector<int64_t> labels(3);
  for (int64_t row = 0; row < 20; ++row) {
    exact.draw_row(row, {.inputs = inputs, .labels = labels});
    for (size_t i = 0; i < 3; ++i) {
      const std::vector<float> image = shown(*classes, labels[i]);
      EXPECT_TRUE(std::ranges::equal(image, std::span(inputs).subspan(i * image.size(), image.size())));
    }
    noisy.draw_row(row, {.inputs = with_noise, .labels = labels});
    noisy.draw_row(row, {.inputs = again, .labels = labels});
    EXPECT_EQ(with_noise, again);
    EXPECT_NE(with_noise, inputs);
  }
}

TEST(ClassMixtureOfImages, ClassesMustBeAsManyAndAsWideAsConfigured) {
  const auto classes = std::make_shared<ImageClasses>(numbered(1, 1), ShownDrawings::first, 0);
  EXPECT_THAT(test::error_of([&] { ClassMixtureWorld({.input_width = kSide * kSide}, classes); }), HasSubstr("10 classes of 16 numbers"));
  EXPECT_THAT(test::error_of([&] { ClassMixtureWorld({.high_classes = 4, .low_classes = 4}, classes); }), HasSubstr("8 classes of 64 numbers"));
}

}  // namespace
}  // namespace manabi::world
