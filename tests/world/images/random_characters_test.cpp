#include "world/images/random_characters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

double squared_distance(std::span<const uint8_t> left, std::span<const uint8_t> right) {
  double sum = 0;
  for (size_t i = 0; i < left.size(); ++i) sum += (double{1} * left[i] - right[i]) * (double{1} * left[i] - right[i]);
  return sum;
}

TEST(RandomCharacters, AreAFunctionOfTheirSeed) {
  const RandomCharactersConfig config = {.characters = 3, .exemplars = 2};
  EXPECT_EQ(random_characters(config).hash(), random_characters(config).hash());
  RandomCharactersConfig other = config;
  other.seed = 1;
  EXPECT_NE(random_characters(config).ink, random_characters(other).ink);
}

TEST(RandomCharacters, DoNotDependOnHowManyThereAre) {
  const Drawings few = random_characters({.characters = 2, .exemplars = 2}), many = random_characters({.characters = 5, .exemplars = 4});
  for (int64_t character = 0; character < 2; ++character)
    for (int64_t exemplar = 0; exemplar < 2; ++exemplar)
      EXPECT_TRUE(std::ranges::equal(few.drawing(character, exemplar), many.drawing(character, exemplar)));
}

TEST(RandomCharacters, EveryDrawingHoldsInkAndPaper) {
  const Drawings drawings = random_characters({.characters = 100, .exemplars = 3});
  for (int64_t character = 0; character < 100; ++character) {
    for (int64_t exemplar = 0; exemplar < 3; ++exemplar) {
      const std::span<const uint8_t> ink = drawings.drawing(character, exemplar);
      EXPECT_GT(std::ranges::count_if(ink, [](uint8_t value) { return value > 128; }), 5) << character;
      EXPECT_GT(std::ranges::count(ink, 0), std::ssize(ink) / 2) << character;
    }
  }
}

// What makes them a task of recognition: drawings of one character differ, yet mostly less than they do from other characters.
TEST(RandomCharacters, DrawingsOfOneCharacterResembleEachOther) {
  constexpr int64_t kCharacters = 60;
  const Drawings drawings = random_characters({.characters = kCharacters, .exemplars = 2});
  int64_t recognised = 0;
  for (int64_t character = 0; character < kCharacters; ++character) {
    double nearest = std::numeric_limits<double>::infinity();
    int64_t found = -1;
    for (int64_t other = 0; other < kCharacters; ++other) {
      const double distance = squared_distance(drawings.drawing(character, 1), drawings.drawing(other, 0));
      EXPECT_GT(distance, 0);
      if (distance < nearest) nearest = distance, found = other;
    }
    recognised += found == character;
  }
  EXPECT_GT(recognised, kCharacters / 4);  // by guessing: 1
}

TEST(RandomCharacters, ALargerImageShowsTheSameCurves) {
  const Drawings small = random_characters({.characters = 4, .exemplars = 1, .side = 28}),
                 large = random_characters({.characters = 4, .exemplars = 1, .side = 112});
  for (int64_t character = 0; character < 4; ++character) {
    const std::vector<uint8_t> scaled = area_scaled(large.drawing(character, 0), 112, 28);
    double difference = 0;
    for (size_t i = 0; i < scaled.size(); ++i) difference += std::abs(double{1} * scaled[i] - small.drawing(character, 0)[i]) / 255;
    EXPECT_LT(difference / static_cast<double>(scaled.size()), 0.05);
  }
}

TEST(RandomCharacters, CountsBelowOneAreRefused) {
  EXPECT_THAT(test::error_of([] { random_characters({.characters = 0}); }), testing::HasSubstr("0 characters"));
  EXPECT_THAT(test::error_of([] { random_characters({.side = 0}); }), testing::HasSubstr("side 0"));
}

}  // namespace
}  // namespace manabi::world
