#include "world/images/drawings.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace manabi::world {
namespace {

std::vector<uint8_t> random_image(int64_t side, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<uint8_t> image;
  for (int64_t i = 0; i < side * side; ++i) image.push_back(static_cast<uint8_t>(rng.below(256)));
  return image;
}

// Every pixel cut into `to` x `to` equal parts, every new pixel the mean of `side` x `side` of them.
double naive_pixel(const std::vector<uint8_t>& image, int64_t side, int64_t to, int64_t row, int64_t column) {
  double sum = 0;
  for (int64_t y = row * side; y < (row + 1) * side; ++y)
    for (int64_t x = column * side; x < (column + 1) * side; ++x) sum += image[static_cast<size_t>(y / to * side + x / to)];
  return sum / static_cast<double>(side * side);
}

TEST(AreaScaled, EachPixelIsTheMeanOfItsArea) {
  for (const auto& [side, to] : {std::pair<int64_t, int64_t>{1, 1}, {4, 2}, {105, 28}, {7, 3}, {6, 1}, {5, 5}, {3, 7}}) {
    const std::vector<uint8_t> image = random_image(side, 1), scaled = area_scaled(image, side, to);
    ASSERT_EQ(std::ssize(scaled), to * to);
    for (int64_t row = 0; row < to; ++row)
      for (int64_t column = 0; column < to; ++column)
        EXPECT_NEAR(scaled[static_cast<size_t>(row * to + column)], naive_pixel(image, side, to, row, column), 0.5 + 1e-9)
            << side << " to " << to << " at " << row << ", " << column;
  }
}

TEST(Drawings, TheirHashSeesEveryPixelAndName) {
  const Drawings drawings{.side = 2, .exemplars = 1, .characters = {"a"}, .ink = {0, 1, 2, 3}};
  Drawings pixel = drawings, name = drawings;
  pixel.ink[3] = 4;
  name.characters[0] = "b";
  EXPECT_EQ(drawings.hash(), Drawings(drawings).hash());
  EXPECT_NE(drawings.hash(), pixel.hash());
  EXPECT_NE(drawings.hash(), name.hash());
}

}  // namespace
}  // namespace manabi::world
