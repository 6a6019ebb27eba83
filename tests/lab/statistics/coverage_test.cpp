// How often the 95 % interval holds the truth, over simulated data sets whose truth is known (fixed seeds).
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "lab/statistics/statistics.h"

namespace manabi::lab {
namespace {

// own_items: each draw asks its own items. shared_items: all draws ask the same. fresh: shared items, each with demonstrations of its own.
enum class Design { own_items, shared_items, fresh };

struct Population {
  Design design = Design::own_items;
  int64_t draws = 6;
  int64_t items = 20;  // of one draw
  double of_draw = 1;  // standard deviations
  double of_item = 1;
  double of_both = 1;
  int64_t strata = 1;
  bool is_binary = false;  // 1 when the value is above 0, as an accuracy
};

constexpr double kBinaryShift = 1.2;  // of the latent value: accuracies around 0.8

double spread(const Population& population) {
  return std::sqrt(population.of_draw * population.of_draw + population.of_item * population.of_item + population.of_both * population.of_both);
}

double truth(const Population& population) {
  return population.is_binary ? 0.5 * std::erfc(-kBinaryShift / spread(population) / std::sqrt(2.0)) : 0;
}

Stratum drawn_stratum(const Population& population, base::Rng& rng) {
  std::vector<double> of_item(static_cast<size_t>(population.draws * population.items));
  for (double& value : of_item) value = population.of_item * rng.normal();
  Stratum stratum;
  for (int64_t draw = 0; draw < population.draws; ++draw) {
    double of_draw = population.of_draw * rng.normal();
    for (int64_t place = 0; place < population.items; ++place) {
      const int64_t item = population.design == Design::own_items ? draw * population.items + place : place;
      if (population.design == Design::fresh) of_draw = population.of_draw * rng.normal();
      const double value = of_draw + of_item[static_cast<size_t>(item)] + population.of_both * rng.normal();
      stratum.push_back({std::to_string(item), draw, population.is_binary ? (value + kBinaryShift > 0 ? 1.0 : 0.0) : value});
    }
  }
  return stratum;
}

double coverage(const Population& population) {
  constexpr int kDataSets = 500;
  base::Rng rng = base::Rng(20).child("coverage");
  int covered = 0;
  for (int set = 0; set < kDataSets; ++set) {
    std::vector<Stratum> strata;
    for (int64_t stratum = 0; stratum < population.strata; ++stratum) strata.push_back(drawn_stratum(population, rng));
    const Interval interval = bootstrap_mean(strata, 400, static_cast<uint64_t>(set));
    covered += interval.low <= truth(population) && truth(population) <= interval.high;
  }
  const double share = covered / static_cast<double>(kDataSets);
  testing::Test::RecordProperty("coverage", std::to_string(share));
  return share;
}

void expect_between(const Population& population, double low, double high) {
  const double share = coverage(population);
  EXPECT_GE(share, low);
  EXPECT_LE(share, high);
}

TEST(Coverage, SixDrawsThatDominate) { expect_between({.draws = 6, .of_draw = 2}, 0.90, 0.98); }
TEST(Coverage, SixDrawsWithOwnItemsThatDominate) { expect_between({.draws = 6, .of_draw = 0.1, .of_item = 2}, 0.90, 0.98); }
TEST(Coverage, SixDrawsWithSharedItems) { expect_between({.design = Design::shared_items, .draws = 6, .of_draw = 0.3}, 0.90, 0.98); }
TEST(Coverage, SixDrawsWithSharedItemsThatDominate) {
  expect_between({.design = Design::shared_items, .draws = 6, .of_draw = 0, .of_item = 2}, 0.90, 0.98);
}
TEST(Coverage, SixDrawsWithFreshDemonstrations) { expect_between({.design = Design::fresh, .draws = 6, .of_draw = 2}, 0.90, 0.985); }
TEST(Coverage, TwentyDrawsWithFewItemsEach) { expect_between({.draws = 20, .items = 4, .of_draw = 0.5}, 0.90, 0.98); }
TEST(Coverage, SeveralStrata) { expect_between({.draws = 6, .of_draw = 0.5, .strata = 4}, 0.90, 0.98); }
TEST(Coverage, Accuracies) {
  expect_between({.draws = 10, .items = 20, .of_draw = 0.5, .of_item = 0.5, .strata = 4, .is_binary = true}, 0.90, 0.98);
}
TEST(Coverage, AccuraciesOnSharedItems) {
  expect_between({.design = Design::shared_items, .draws = 10, .items = 40, .of_draw = 0.5, .is_binary = true}, 0.90, 0.98);
}
TEST(Coverage, FewDrawsAreWideRatherThanWrong) {
  expect_between({.draws = 2, .of_draw = 1}, 0.90, 1.0);
  expect_between({.draws = 3, .of_draw = 1}, 0.90, 1.0);
}
// With one draw nothing is known of what another draw would give; the interval is that of this draw's items, and says so by draws = 1.
TEST(Coverage, OneDrawKnowsNothingOfOtherDraws) {
  expect_between({.draws = 1, .items = 50, .of_draw = 0}, 0.90, 0.98);
  expect_between({.draws = 1, .items = 50, .of_draw = 1}, 0.0, 0.6);
}

}  // namespace
}  // namespace manabi::lab
