#include "world/tokens/token_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

std::shared_ptr<const std::vector<int32_t>> counting(int32_t count) {
  auto tokens = std::make_shared<std::vector<int32_t>>(static_cast<size_t>(count));
  std::iota(tokens->begin(), tokens->end(), 0);
  return tokens;
}

TEST(TextWorld, EveryWindowIsDrawnAndNothingElse) {
  const TextWorld world(counting(7), 7, 3, 1);
  std::set<int64_t> begins;
  for (int64_t row = 0; row < 200; ++row) {
    std::vector<int64_t> window(4);
    world.draw(0, row, window);
    for (size_t i = 1; i < 4; ++i) EXPECT_EQ(window[i], window[0] + static_cast<int64_t>(i));
    begins.insert(window[0]);
  }
  EXPECT_THAT(begins, testing::ElementsAre(0, 1, 2, 3));
}

TEST(TextWorld, ARowIsAFunctionOfItsNumbersAlone) {
  const TextWorld first(counting(1000), 1000, 5, 1), second(counting(1000), 1000, 5, 1), other(counting(1000), 1000, 5, 2);
  std::vector<int64_t> left(6), right(6), another(6);
  first.draw(8, 8, left);
  first.draw(3, 4, left);
  second.draw(3, 4, right);
  other.draw(3, 4, another);
  EXPECT_EQ(left, right);
  EXPECT_NE(left, another);
}

TEST(TextWorld, ATextThatDoesNotFitIsRefused) {
  EXPECT_THAT(test::error_of([] { TextWorld(counting(4), 4, 4, 0); }), HasSubstr("a text of 4 tokens for rows of 5"));
  EXPECT_THAT(test::error_of([] { TextWorld(counting(9), 8, 4, 0); }), HasSubstr("token 8"));
}

}  // namespace
}  // namespace manabi::world
