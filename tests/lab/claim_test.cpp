#include "lab/claim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace manabi::lab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Verdict verdict(Direction direction, double margin, double low, double high) {
  return verdict_of({.direction = direction, .margin = margin, .effect = Interval{.value = (low + high) / 2, .low = low, .high = high}});
}

TEST(Claim, AboveHoldsBeyondTheMargin) {
  EXPECT_EQ(verdict(Direction::above, 2, 2.1, 5), Verdict::holds);
  EXPECT_EQ(verdict(Direction::above, 2, 1.9, 5), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::above, 2, -3, 1.9), Verdict::does_not_hold);
  EXPECT_EQ(verdict(Direction::above, -2, -1, 1), Verdict::holds);
}

TEST(Claim, BelowHoldsUnderTheMargin) {
  EXPECT_EQ(verdict(Direction::below, -2, -5, -2.1), Verdict::holds);
  EXPECT_EQ(verdict(Direction::below, -2, -5, -1.9), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::below, -2, -1.9, 3), Verdict::does_not_hold);
}

TEST(Claim, EquivalenceNeedsTheWholeIntervalInsideBothMargins) {
  EXPECT_EQ(verdict(Direction::equivalent, 2, -1.9, 1.9), Verdict::holds);
  EXPECT_EQ(verdict(Direction::equivalent, 2, -2.1, 1.9), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::equivalent, 2, -3, 3), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::equivalent, 2, 2.1, 3), Verdict::does_not_hold);
  EXPECT_EQ(verdict(Direction::equivalent, 2, -3, -2.1), Verdict::does_not_hold);
}

TEST(Claim, AnEndOnTheMarginIsNotYetBeyondIt) {
  EXPECT_EQ(verdict(Direction::above, 2, 2, 5), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::above, 2, 1, 2), Verdict::does_not_hold);
  EXPECT_EQ(verdict(Direction::below, 2, 1, 2), Verdict::undecided);
  EXPECT_EQ(verdict(Direction::equivalent, 2, -2, 0), Verdict::undecided);
}

TEST(Claim, UnknownSpreadIsUndecided) {
  for (const Direction direction : {Direction::above, Direction::below, Direction::equivalent}) {
    EXPECT_EQ(verdict(direction, 0, -kInfinity, kInfinity), Verdict::undecided);
    EXPECT_EQ(verdict(direction, 0, NAN, NAN), Verdict::undecided);
  }
}

TEST(Claim, WithoutAnEffectIsNotTested) { EXPECT_EQ(verdict_of({.margin = 1}), Verdict::not_tested); }

TEST(Claim, VerdictsHaveNames) {
  EXPECT_EQ(name_of(Verdict::holds), "holds");
  EXPECT_EQ(name_of(Verdict::does_not_hold), "does not hold");
  EXPECT_EQ(name_of(Verdict::undecided), "undecided");
  EXPECT_EQ(name_of(Verdict::not_tested), "not tested here");
}

}  // namespace
}  // namespace manabi::lab
