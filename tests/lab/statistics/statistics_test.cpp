#include "lab/statistics/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace manabi::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// `draws` draws that share `items` items; values with a part of the draw, of the item and of both.
Stratum crossed(int64_t draws, int64_t items, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<double> of_item;
  for (int64_t item = 0; item < items; ++item) of_item.push_back(rng.normal());
  Stratum stratum;
  for (int64_t draw = 0; draw < draws; ++draw) {
    const double of_draw = rng.normal();
    for (int64_t item = 0; item < items; ++item) {
      stratum.push_back({"item" + std::to_string(item), draw, 0.1 * of_draw + of_item[static_cast<size_t>(item)] + 0.5 * rng.normal()});
    }
  }
  return stratum;
}

double mean_of(const Stratum& stratum) {
  double sum = 0;
  for (const Observation& observation : stratum) sum += observation.value;
  return sum / static_cast<double>(stratum.size());
}

// The two-way variance as the sums of the header, by plain loops over all pairs of observations.
double naive_variance(const Stratum& stratum) {
  const double n = static_cast<double>(stratum.size()), mean = mean_of(stratum);
  std::map<int64_t, int> draws;
  std::map<std::string, int> items;
  double sum = 0;
  for (const Observation& left : stratum) {
    ++draws[left.draw];
    ++items[left.item];
    for (const Observation& right : stratum) {
      const int sharing = (left.draw == right.draw) + (left.item == right.item) - (left.draw == right.draw && left.item == right.item);
      sum += sharing * (left.value - mean) * (right.value - mean) / (n * n);
    }
  }
  const double d = static_cast<double>(draws.size()), i = static_cast<double>(items.size());
  return d / (d - 1) * i / (i - 1) * sum;
}

bool are_equal(const Interval& left, const Interval& right) {
  return left.value == right.value && left.low == right.low && left.high == right.high && left.items == right.items && left.draws == right.draws;
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Accuracies, AreOneWhereTheTargetHasTheFirstLargestScore) {
  CellRecord record;
  record.items = {{"a", 3, {-1, -2}, 0}, {"b", 3, {-1, -2}, 1}, {"c", 4, {-1, -1}, 1}};
  const std::vector<Observation> observations = accuracies(record);
  ASSERT_EQ(observations.size(), 3u);
  EXPECT_EQ(observations[0].value, 1);
  EXPECT_EQ(observations[1].value, 0);
  EXPECT_EQ(observations[2].value, 0);
  EXPECT_EQ(observations[2].item, "c");
  EXPECT_EQ(observations[2].draw, 4);
}

TEST(PairedDifferences, KeepThePairsThatBothSidesHave) {
  const std::vector<Observation> left = {{"a", 0, 1}, {"a", 1, 0}, {"b", 0, 1}};
  const std::vector<Observation> right = {{"b", 0, 0}, {"a", 1, 1}, {"a", 2, 1}};
  const std::vector<Observation> differences = paired_differences(left, right);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].item, "a");
  EXPECT_EQ(differences[0].draw, 1);
  EXPECT_EQ(differences[0].value, -1);
  EXPECT_EQ(differences[1].item, "b");
  EXPECT_EQ(differences[1].value, 1);
}

TEST(PairedDifferences, RefuseAPairThatOccursTwice) {
  const std::vector<Observation> once = {{"a", 0, 1}}, twice = {{"a", 0, 1}, {"a", 0, 0}};
  EXPECT_THROW(paired_differences(twice, once), std::logic_error);
  EXPECT_THROW(paired_differences(once, twice), std::logic_error);
}

TEST(BootstrapMean, ValueIsTheMeanOfTheStratasMeans) {
  const std::vector<Stratum> strata = {{{"a", 0, 1}, {"b", 0, 0}, {"c", 0, 1}, {"d", 1, 1}}, {{"a", 0, 0}, {"b", 1, 0.5}}};
  const Interval interval = bootstrap_mean(strata);
  EXPECT_DOUBLE_EQ(interval.value, (0.75 + 0.25) / 2);
  EXPECT_EQ(interval.items, 6);
  EXPECT_EQ(interval.draws, 2);
}

TEST(BootstrapMean, IsPureInItsSeedAndBlindToOrder) {
  Stratum stratum = crossed(12, 20, 1);
  const Interval first = bootstrap_mean({&stratum, 1});
  EXPECT_TRUE(are_equal(first, bootstrap_mean({&stratum, 1})));
  EXPECT_NE(first.low, bootstrap_mean({&stratum, 1}, 2000, 1).low);
  base::Rng(2).shuffle(std::span(stratum));
  const Interval shuffled = bootstrap_mean({&stratum, 1});
  EXPECT_NEAR(first.low, shuffled.low, 1e-9);
  EXPECT_NEAR(first.high, shuffled.high, 1e-9);
}

TEST(BootstrapMean, WidthIsThatOfTheTwoWayVariance) {
  const Stratum stratum = crossed(40, 30, 3);
  const Interval interval = bootstrap_mean({&stratum, 1});
  const double half = (interval.high - interval.low) / 2;
  EXPECT_GT(half, student_quantile(0.975, 39 + 29) * std::sqrt(naive_variance(stratum)));
  EXPECT_LT(half, student_quantile(0.975, 29) * std::sqrt(naive_variance(stratum)));
}

// Draws with items of their own: the textbook bootstrap over draws, many times resampled, is the reference.
TEST(BootstrapMean, AgreesWithThePlainBootstrapWhereThereAreManyDraws) {
  base::Rng rng(4);
  Stratum stratum;
  for (int64_t draw = 0; draw < 200; ++draw) {
    const double of_draw = rng.uniform() < 0.1 ? 3 : 0;  // skewed, so that the interval is lopsided
    for (int64_t item = 0; item < 5; ++item)
      stratum.push_back({std::to_string(draw) + "-" + std::to_string(item), draw, of_draw + rng.normal()});
  }
  std::vector<double> means;
  for (int resample = 0; resample < 4000; ++resample) {
    double sum = 0;
    for (int pick = 0; pick < 200; ++pick) {
      const size_t draw = rng.below(200);
      for (size_t item = 0; item < 5; ++item) sum += stratum[draw * 5 + item].value;
    }
    means.push_back(sum / 1000);
  }
  std::ranges::sort(means);
  const Interval interval = bootstrap_mean({&stratum, 1}, 4000);
  EXPECT_NEAR(interval.low, means[100], 0.02);
  EXPECT_NEAR(interval.high, means[3899], 0.02);
  EXPECT_GT(interval.high - interval.value, interval.value - interval.low);
}

TEST(BootstrapMean, OneDrawIsResampledByItems) {
  const Stratum stratum = crossed(1, 50, 5);
  const Interval interval = bootstrap_mean({&stratum, 1});
  EXPECT_EQ(interval.draws, 1);
  EXPECT_EQ(interval.items, 50);
  double squares = 0;
  for (const Observation& observation : stratum) squares += std::pow(observation.value - mean_of(stratum), 2);
  EXPECT_NEAR(interval.high - interval.low, 2 * student_quantile(0.975, 49) * std::sqrt(squares / 49 / 50), 1e-9);
}

TEST(BootstrapMean, OneItemIsResampledByDraws) {
  const Stratum stratum = crossed(50, 1, 6);
  const Interval interval = bootstrap_mean({&stratum, 1});
  EXPECT_EQ(interval.items, 1);
  EXPECT_GT(interval.high, interval.low);
  EXPECT_TRUE(std::isfinite(interval.high));
}

TEST(BootstrapMean, OneObservationSaysNothingOfItsSpread) {
  const std::vector<Stratum> strata = {{{"a", 0, 1}}, {{"a", 0, 0}, {"b", 1, 1}}};
  const Interval interval = bootstrap_mean(strata);
  EXPECT_EQ(interval.value, 0.75);
  EXPECT_EQ(interval.low, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(interval.high, std::numeric_limits<double>::infinity());
}

TEST(BootstrapMean, EqualObservationsGiveAnIntervalWithoutWidth) {
  const Stratum stratum = {{"a", 0, 1}, {"b", 0, 1}, {"a", 1, 1}};
  const Interval interval = bootstrap_mean({&stratum, 1});
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 1);
}

TEST(BootstrapMean, SharesStayBetweenZeroAndOne) {
  Stratum stratum;
  for (int64_t item = 0; item < 20; ++item) stratum.push_back({std::to_string(item), item % 2, item == 0 ? 0.0 : 1.0});
  const Interval interval = bootstrap_mean({&stratum, 1});
  EXPECT_LE(interval.high, 1);
  EXPECT_GE(interval.low, 0);
  for (Observation& observation : stratum) observation.value *= 2;
  EXPECT_GT(bootstrap_mean({&stratum, 1}).high, 2);
}

TEST(BootstrapMean, MoreStrataNarrowTheInterval) {
  std::vector<Stratum> strata;
  for (uint64_t s = 0; s < 8; ++s) strata.push_back(crossed(6, 20, s));
  const Interval one = bootstrap_mean({strata.data(), 1}), all = bootstrap_mean(strata);
  EXPECT_LT(all.high - all.low, 0.6 * (one.high - one.low));
}

TEST(BootstrapMean, RefusesEmptyStrataAndValuesThatAreNotFinite) {
  const std::vector<Stratum> none, with_empty = {{{"a", 0, 1}}, {}};
  const std::vector<Stratum> with_nan = {{{"a", 0, 1}, {"b7", 0, std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_THAT(message_of([&] { bootstrap_mean(none); }), HasSubstr("no strata"));
  EXPECT_THAT(message_of([&] { bootstrap_mean(with_empty); }), HasSubstr("a stratum without observations"));
  EXPECT_THAT(message_of([&] { bootstrap_mean(with_nan); }), AllOf(HasSubstr("'b7'"), HasSubstr("not finite")));
}

// What several quantities share (a draw that helps all of them, an item that is hard for all of them) cancels in their difference.
TEST(BootstrapCombination, OfADifferenceIsTheBootstrapOfPairedDifferences) {
  const Stratum left = crossed(12, 25, 7);
  Stratum right = left;
  base::Rng rng(8);
  for (Observation& observation : right) observation.value += 0.3 * rng.normal();
  const std::vector<std::vector<Stratum>> quantities = {{left}, {right}};
  const std::vector<double> weights = {1, -1};
  const Interval joint = bootstrap_combination(quantities, weights);
  const Stratum differences = paired_differences(left, right);
  const Interval paired = bootstrap_mean({&differences, 1});
  EXPECT_NEAR(joint.value, paired.value, 1e-12);
  EXPECT_NEAR(joint.low, paired.low, 1e-9);
  EXPECT_NEAR(joint.high, paired.high, 1e-9);
  EXPECT_LT(joint.high - joint.low, 0.2);
}

TEST(BootstrapCombination, ScalesWithItsWeights) {
  const std::vector<std::vector<Stratum>> quantities = {{crossed(6, 10, 9)}, {crossed(6, 10, 10)}};
  const Interval once = bootstrap_combination(quantities, std::vector<double>{0.5, 1});
  const Interval thrice = bootstrap_combination(quantities, std::vector<double>{1.5, 3});
  EXPECT_NEAR(thrice.value, 3 * once.value, 1e-12);
  EXPECT_NEAR(thrice.low, 3 * once.low, 1e-9);
  EXPECT_NEAR(thrice.high, 3 * once.high, 1e-9);
}

TEST(BootstrapCombination, TakesQuantitiesThatLackDrawsOrItems) {
  const Stratum whole = crossed(6, 10, 11);
  Stratum part;
  for (const Observation& observation : whole) {
    if (observation.draw < 2 && observation.item != "item3") part.push_back(observation);
  }
  const std::vector<std::vector<Stratum>> quantities = {{whole}, {part}};
  const Interval interval = bootstrap_combination(quantities, std::vector<double>{1, -1});
  EXPECT_NEAR(interval.value, mean_of(whole) - mean_of(part), 1e-12);
  EXPECT_TRUE(std::isfinite(interval.low));
  EXPECT_LT(interval.low, interval.high);
}

TEST(BootstrapCombination, RefusesUnequalShapes) {
  const std::vector<std::vector<Stratum>> quantities = {{crossed(2, 2, 1)}, {crossed(2, 2, 2), crossed(2, 2, 3)}};
  EXPECT_THROW(bootstrap_combination(quantities, std::vector<double>{1, 1}), std::logic_error);
  EXPECT_THROW(bootstrap_combination(quantities, std::vector<double>{1}), std::logic_error);
}

TEST(BootstrapMean, TakesWellUnderASecondForManyObservations) {
  const std::vector<Stratum> strata(8, crossed(50, 100, 12));  // 40,000 observations
  const auto start = std::chrono::steady_clock::now();
  bootstrap_mean(strata, 2000);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 2.0);
}

}  // namespace
}  // namespace manabi::lab
