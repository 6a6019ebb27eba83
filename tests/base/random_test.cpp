#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/philox.h"

namespace manabi::base {
namespace {

using ::testing::ElementsAre;

// Known-answer vectors published with Random123 for philox4x32, 10 rounds.
TEST(Philox, MatchesThePublishedVectors) {
  EXPECT_THAT(philox_4x32_10({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_THAT(philox_4x32_10({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}), ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox_4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

// The bits of a stream are part of every recorded run: they may never change.
TEST(Rng, DrawsTheBlocksInOrder) {
  Rng rng(0);
  EXPECT_EQ(rng.bits(), 0xe169c58d6627e8d5u);
  EXPECT_EQ(rng.bits(), 0x9b00dbd8bc57ac4cu);
  const PhiloxCounter second = philox_4x32_10({1, 0, 0, 0}, {0, 0});
  EXPECT_EQ(rng.bits(), second[0] | uint64_t{second[1]} << 32);
}

TEST(Rng, StreamsKeepTheirNumbersForEver) {
  EXPECT_EQ(Rng(7).child("demonstrations").bits(), 0x7876f7e0fb10c0ffu);
  EXPECT_EQ(Rng(7).child(3).bits(), 0x2374f5b3baff1a78u);
  EXPECT_THAT(Rng(7).permutation(8), ElementsAre(1, 3, 2, 7, 5, 4, 0, 6));
}

TEST(Rng, AChildIsAPureFunctionOfItsParentsIdentity) {
  Rng parent(5);
  Rng before = parent.child("items");
  for (int i = 0; i < 11; ++i) parent.bits();
  Rng after = parent.child("items");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(before.bits(), after.bits());
}

TEST(Rng, StreamsOfDifferentNamesIndicesSeedsAndDepthsDiffer) {
  std::set<uint64_t> first_words;
  size_t streams = 0;
  const auto add = [&](Rng rng) {
    first_words.insert(rng.bits());
    ++streams;
  };
  for (uint64_t seed = 0; seed < 20; ++seed) {
    add(Rng(seed));
    for (const char* name : {"", "a", "b", "ab", "ba", "0", "1"}) {
      add(Rng(seed).child(name));
      add(Rng(seed).child(name).child(name));
    }
    for (uint64_t index = 0; index < 500; ++index) {
      add(Rng(seed).child(index));
      add(Rng(seed).child("a").child(index));
      add(Rng(seed).child(index).child("a"));
    }
  }
  EXPECT_EQ(first_words.size(), streams);
}

TEST(Rng, ChildStreamsAreUncorrelated) {
  constexpr int kDraws = 100000;
  Rng left = Rng(1).child(0), right = Rng(1).child(1);
  double product = 0;
  for (int i = 0; i < kDraws; ++i) product += (left.uniform() - 0.5) * (right.uniform() - 0.5);
  const double correlation = product / kDraws * 12;  // the variance of a uniform number is 1/12
  EXPECT_LT(std::abs(correlation), 5 / std::sqrt(kDraws));
}

TEST(Rng, UniformStaysInRangeWithTheRightMoments) {
  constexpr int kDraws = 200000;
  Rng rng(2);
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
}

TEST(Rng, NormalHasTheMomentsOfAStandardNormal) {
  constexpr int kDraws = 200000;
  Rng rng(3);
  double moments[5] = {};
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.normal();
    ASSERT_TRUE(std::isfinite(value));
    for (int power = 1; power <= 4; ++power) moments[power] += std::pow(value, power) / kDraws;
  }
  EXPECT_NEAR(moments[1], 0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0 / kDraws));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0 / kDraws));
}

TEST(Rng, BelowIsUniformForLimitsAroundPowersOfTwo) {
  constexpr int kDrawsPerValue = 4000;
  for (const uint64_t limit : {1, 2, 3, 5, 7, 8, 9, 31, 32, 33}) {
    Rng rng(limit);
    std::vector<int> counts(limit);
    for (uint64_t i = 0; i < limit * kDrawsPerValue; ++i) {
      const uint64_t value = rng.below(limit);
      ASSERT_LT(value, limit);
      ++counts[value];
    }
    for (const int count : counts) EXPECT_NEAR(count, kDrawsPerValue, 5 * std::sqrt(kDrawsPerValue)) << limit;
  }
}

// With limit 3 * 2^62 a plain remainder would give the first third of the values twice as often as the others.
TEST(Rng, AddedNormalsHaveTheMomentsAndTailsOfANormal) {
  constexpr size_t kCount = 200001;  // odd: the last has no partner
  Rng rng(1);
  std::vector<float> values(kCount, 3);
  rng.add_normals(2, values);
  double first = 0, second = 0, fourth = 0, neighbours = 0, beyond = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const double z = (values[i] - 3) / 2;
    first += z;
    second += z * z;
    fourth += z * z * z * z;
    beyond += std::abs(z) > 3 ? 1 : 0;
    if (i > 0) neighbours += z * (values[i - 1] - 3) / 2;
  }
  const double n = kCount;
  EXPECT_NEAR(first / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(second / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(neighbours / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(beyond / n, 0.0026998, 5 * std::sqrt(0.0026998 / n));
}

TEST(Rng, FewerAddedNormalsAreTheFirstOfMore) {
  std::vector<float> few(6), many(12);
  Rng(4).add_normals(2, few);
  Rng(4).add_normals(2, many);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
}

TEST(Rng, BelowHasNoModuloBiasForHugeLimits) {
  constexpr uint64_t kThird = uint64_t{1} << 62;
  constexpr int kDraws = 30000;
  Rng rng(4);
  int counts[3] = {};
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(3 * kThird) / kThird];
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 3, 5 * std::sqrt(kDraws * 2.0 / 9));
}

TEST(Rng, BelowTheLargestLimitWorks) {
  Rng rng(6);
  for (int i = 0; i < 100; ++i) EXPECT_LT(rng.below(~uint64_t{0}), ~uint64_t{0});
}

TEST(Rng, PermutationHoldsEveryNumberOnce) {
  for (const int64_t count : {0, 1, 2, 3, 100, 1000}) {
    std::vector<int64_t> order = Rng(8).permutation(count);
    std::vector<int64_t> expected(static_cast<size_t>(count));
    std::iota(expected.begin(), expected.end(), 0);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, expected);
  }
}

TEST(Rng, AllPermutationsAreEquallyLikely) {
  constexpr int kDraws = 24000;
  std::map<std::vector<int64_t>, int> counts;
  Rng rng(9);
  for (int i = 0; i < kDraws; ++i) ++counts[rng.permutation(4)];
  ASSERT_EQ(counts.size(), 24u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kDraws / 24, 5 * std::sqrt(kDraws / 24.0));
}

TEST(Rng, ShuffleKeepsTheValues) {
  std::vector<std::string> words = {"a", "b", "c", "d"};
  Rng(10).shuffle(std::span(words));
  EXPECT_THAT(words, ::testing::UnorderedElementsAre("a", "b", "c", "d"));
}

// Four numbers from each block, in the blocks' order, whatever the count.
TEST(Rng, UniformsAreTheTopBitsOfConsecutiveBlocks) {
  for (const size_t count : {size_t{1}, size_t{4}, size_t{5}, size_t{63}, size_t{64}, size_t{65}, size_t{200}}) {
    std::vector<float> numbers(count);
    Rng(7).child("x").fill_uniforms(-1, 3, numbers);
    Rng words = Rng(7).child("x");
    for (size_t i = 0; i < count; i += 2) {
      const uint64_t word = words.bits();
      EXPECT_FLOAT_EQ(numbers[i], -1 + 4 * static_cast<float>(static_cast<uint32_t>(word) >> 8) * 0x1p-24F) << i;
      if (i + 1 < count) {
        EXPECT_FLOAT_EQ(numbers[i + 1], -1 + 4 * static_cast<float>(static_cast<uint32_t>(word >> 32) >> 8) * 0x1p-24F) << i;
      }
    }
  }
}

TEST(Rng, UniformsGoOnWhereTheLastOnesEnded) {
  std::vector<float> together(72), first(8), second(64);
  Rng one(3), two(3);
  one.fill_uniforms(0, 1, together);
  two.fill_uniforms(0, 1, first);
  two.fill_uniforms(0, 1, second);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), together.begin()));
  EXPECT_TRUE(std::equal(second.begin(), second.end(), together.begin() + 8));
}

}  // namespace
}  // namespace manabi::base
