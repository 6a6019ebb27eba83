#include "world/pairs/class_law.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/error.h"
#include "tests/world/pairs/drawn_row.h"

namespace manabi::world {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDraws = 20000;

TEST(PairClassLaw, DrawsClassesAsOftenAsItSays) {
  for (const double exponent : {0.0, 0.5, 1.0, 2.0}) {
    const ClassLaw law(7, exponent, MostFrequent::first);
    base::Rng rng(3);
    std::vector<int64_t> counts(7, 0);
    for (int64_t i = 0; i < kDraws; ++i) ++counts[static_cast<size_t>(law.draw(rng))];
    for (int64_t c = 0; c < 7; ++c) test::expect_share(counts[static_cast<size_t>(c)], kDraws, law.probability(c));
  }
}

TEST(PairClassLaw, FallsAsAPowerOfTheRankFromEitherEnd) {
  const ClassLaw first(5, 1.5, MostFrequent::first), last(5, 1.5, MostFrequent::last);
  double total = 0;
  for (int64_t c = 0; c < 5; ++c) {
    EXPECT_NEAR(first.probability(c) / first.probability(0), std::pow(static_cast<double>(c + 1), -1.5), 1e-12);
    EXPECT_NEAR(first.probability(c), last.probability(4 - c), 1e-12);
    total += first.probability(c);
  }
  EXPECT_NEAR(total, 1, 1e-12);
}

TEST(PairClassLaw, KeepsTheProportionsOfWhatIsNotTaken) {
  const ClassLaw law(6, 1, MostFrequent::last);
  const std::vector<int64_t> taken = {5, 2, 5};
  const double left = 1 - law.probability(5) - law.probability(2);
  base::Rng rng(4);
  std::vector<int64_t> counts(6, 0);
  for (int64_t i = 0; i < kDraws; ++i) ++counts[static_cast<size_t>(law.draw_except(rng, taken))];
  for (const int64_t c : {0, 1, 3, 4}) test::expect_share(counts[static_cast<size_t>(c)], kDraws, law.probability(c) / left);
  EXPECT_EQ(counts[5] + counts[2], 0);
}

TEST(PairClassLaw, KeepsTheProportionsUnderASteepLawWhoseHeadIsTaken) {
  const ClassLaw law(4, 5, MostFrequent::first);  // a third of the draws find nothing but the head in all their tries
  const std::vector<int64_t> taken = {0};
  base::Rng rng(5);
  std::vector<int64_t> counts(4, 0);
  for (int64_t i = 0; i < kDraws; ++i) ++counts[static_cast<size_t>(law.draw_except(rng, taken))];
  for (const int64_t c : {1, 2, 3}) test::expect_share(counts[static_cast<size_t>(c)], kDraws, law.probability(c) / (1 - law.probability(0)));
  EXPECT_EQ(ClassLaw(2, 400, MostFrequent::first).draw_except(rng, taken), 1);
}

TEST(PairClassLaw, OfOneClassIsThatClass) {
  base::Rng rng(6);
  EXPECT_EQ(ClassLaw(1, 0, MostFrequent::last).draw(rng), 0);
  EXPECT_EQ(ClassLaw(1, 1, MostFrequent::last).draw(rng), 0);
}

TEST(PairClassLaw, RefusesWhatIsNoLaw) {
  EXPECT_THAT(test::error_of([] { ClassLaw(0, 1, MostFrequent::last); }), HasSubstr("classes = 0"));
  EXPECT_THAT(test::error_of([] { ClassLaw(3, -1, MostFrequent::last); }), HasSubstr("zipf_exponent = -1"));
  EXPECT_THAT(test::error_of([] { ClassLaw(3, std::numeric_limits<double>::infinity(), MostFrequent::last); }), HasSubstr("zipf_exponent"));
}

}  // namespace
}  // namespace manabi::world
