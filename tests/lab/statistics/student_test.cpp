#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "lab/statistics/statistics.h"

namespace manabi::lab {
namespace {

// One degree of freedom is Cauchy's distribution, two have a quantile in closed form.
TEST(StudentQuantile, AgreesWithClosedForms) {
  for (const double p : {0.51, 0.6, 0.75, 0.9, 0.975, 0.995, 0.9999}) {
    EXPECT_NEAR(student_quantile(p, 1) / std::tan(std::numbers::pi * (p - 0.5)), 1, 1e-11) << p;
    EXPECT_NEAR(student_quantile(p, 2) / ((2 * p - 1) / std::sqrt(2 * p * (1 - p))), 1, 1e-12) << p;
  }
}

// Computed with 40 digits.
TEST(StudentQuantile, AgreesWithKnownValues) {
  EXPECT_NEAR(student_quantile(0.975, 3), 3.18244630528371, 1e-12);
  EXPECT_NEAR(student_quantile(0.975, 4), 2.77644510519779, 1e-12);
  EXPECT_NEAR(student_quantile(0.975, 5), 2.57058183563632, 1e-12);
  EXPECT_NEAR(student_quantile(0.975, 10), 2.22813885198627, 1e-12);
  EXPECT_NEAR(student_quantile(0.995, 30), 2.74999565356722, 1e-12);
  EXPECT_NEAR(student_quantile(0.975, 100), 1.98397151852355, 1e-12);
}

TEST(StudentQuantile, TakesFractionsAndTendsToTheNormal) {
  EXPECT_GT(student_quantile(0.975, 4.5), student_quantile(0.975, 5));
  EXPECT_LT(student_quantile(0.975, 4.5), student_quantile(0.975, 4));
  EXPECT_GT(student_quantile(0.975, 0.5), student_quantile(0.975, 1));
  EXPECT_NEAR(student_quantile(0.975, 1e7), 1.959963984540054, 1e-6);
}

TEST(StudentQuantile, IsOddAroundTheMedian) {
  EXPECT_EQ(student_quantile(0.5, 7), 0);
  EXPECT_DOUBLE_EQ(student_quantile(0.025, 7), -student_quantile(0.975, 7));
}

TEST(StudentMean, IsTheTextbookInterval) {
  const Interval interval = student_mean(std::vector<double>{4, 6, 8});
  const double half = 4.30265272974946 * 2 / std::sqrt(3.0);
  EXPECT_DOUBLE_EQ(interval.value, 6);
  EXPECT_NEAR(interval.low, 6 - half, 1e-12);
  EXPECT_NEAR(interval.high, 6 + half, 1e-12);
  EXPECT_EQ(interval.draws, 3);
  EXPECT_EQ(interval.items, 0);
}

TEST(StudentMean, RefusesFewerThanTwoSeedsAndDivergedOnes) {
  const auto message_for = [](std::vector<double> values) -> std::string {
    try {
      student_mean(values);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message_for({}), testing::AllOf(testing::HasSubstr("0 value(s)"), testing::HasSubstr("two or more")));
  EXPECT_THAT(message_for({1.0}), testing::AllOf(testing::HasSubstr("1 value(s)"), testing::HasSubstr("--seeds")));
  EXPECT_THAT(message_for({1.0, std::numeric_limits<double>::quiet_NaN()}), testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace manabi::lab
