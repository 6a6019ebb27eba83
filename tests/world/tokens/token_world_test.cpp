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

struct Window {
  std::vector<int64_t> ids, targets;
  bool operator==(const Window&) const = default;
};

Window drawn(const TokenWorld& world, int64_t step, int64_t row) {
  const auto length = static_cast<size_t>(world.length());
  Window window{.ids = std::vector<int64_t>(length), .targets = std::vector<int64_t>(length)};
  world.draw(step, row, {.ids = window.ids, .targets = window.targets});
  return window;
}

TEST(TextWorld, EveryWindowIsDrawnAndNothingElse) {
  const TextWorld world(counting(7), 7, 3, 1);
  std::set<int64_t> begins;
  for (int64_t row = 0; row < 200; ++row) {
    const Window window = drawn(world, 0, row);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(window.ids[i], window.ids[0] + static_cast<int64_t>(i));
      EXPECT_EQ(window.targets[i], window.ids[i] + 1);
    }
    begins.insert(window.ids[0]);
  }
  EXPECT_THAT(begins, testing::ElementsAre(0, 1, 2, 3));
}

TEST(TextWorld, ARowIsAFunctionOfItsNumbersAlone) {
  const TextWorld first(counting(1000), 1000, 5, 1), second(counting(1000), 1000, 5, 1), other(counting(1000), 1000, 5, 2);
  drawn(first, 8, 8);
  EXPECT_EQ(drawn(first, 3, 4), drawn(second, 3, 4));
  EXPECT_NE(drawn(first, 3, 4), drawn(other, 3, 4));
}

TEST(TextWorld, ATextThatDoesNotFitIsRefused) {
  EXPECT_THAT(test::error_of([] { TextWorld(counting(4), 4, 4, 0); }), HasSubstr("a text of 4 tokens for rows of 5"));
  EXPECT_THAT(test::error_of([] { TextWorld(counting(9), 8, 4, 0); }), HasSubstr("token 8"));
}

}  // namespace
}  // namespace manabi::world
