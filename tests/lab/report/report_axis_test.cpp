#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lab/report/figure/axis.h"
#include "lab/report/figure/figure_plot.h"
#include "lab/report/markup.h"

namespace manabi::lab::report {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Tick& tick : axis.ticks) texts.push_back(tick.label);
  return texts;
}

using Labels = std::vector<std::string>;

TEST(Log2Axis, HasItsTicksAtTheValuesAndAPlaceForZero) {
  const Axis axis = log2_axis(std::vector<double>{0, 4, 8, 16, 32, 8});
  EXPECT_EQ(labels(axis), (Labels{"0", "4", "8", "16", "32"}));
  const double step = axis.place(8) - axis.place(4);
  EXPECT_NEAR(axis.place(16) - axis.place(8), step, 1e-12);
  EXPECT_NEAR(axis.place(32) - axis.place(16), step, 1e-12);
  EXPECT_GE(axis.place(4) - axis.place(0), step * 0.999);
  EXPECT_GT(axis.place(0), 0);
  EXPECT_LT(axis.place(32), 1);
}

TEST(Log2Axis, WithoutZeroHasNoPlaceForIt) {
  const Axis axis = log2_axis(std::vector<double>{1, 2});
  EXPECT_FALSE(axis.has_zero);
  EXPECT_FALSE(axis.takes(0));
  EXPECT_TRUE(axis.takes(2));
}

TEST(Log2Axis, RefusesNegativeAndUnfiniteValues) {
  const Axis axis = log2_axis(std::vector<double>{-4, kNan, kInfinity, 8, 16});
  EXPECT_EQ(labels(axis), (Labels{"8", "16"}));
  EXPECT_FALSE(axis.takes(-4));
  EXPECT_FALSE(axis.takes(kNan));
}

TEST(Log2Axis, PutsASingleValueInTheMiddle) {
  EXPECT_NEAR(log2_axis(std::vector<double>{8}).place(8), 0.5, 1e-12);
  EXPECT_NEAR(log2_axis(std::vector<double>{0}).place(0), 0.5, 1e-12);
}

TEST(Log2Axis, LabelsFractions) { EXPECT_EQ(labels(log2_axis(std::vector<double>{0.25, 0.5, 1})), (Labels{"0.25", "0.5", "1"})); }

TEST(LinearAxis, EndsAtRoundNumbersAroundAllValues) {
  const Axis axis = linear_axis(std::vector<double>{-3.2, 7.9}, 5, false);
  EXPECT_EQ(axis.low, -5);
  EXPECT_EQ(axis.high, 10);
  EXPECT_EQ(labels(axis), (Labels{"\xE2\x88\x92"
                                  "5.0",
                                  "\xE2\x88\x92"
                                  "2.5",
                                  "0.0", "2.5", "5.0", "7.5", "10.0"}));
}

TEST(LinearAxis, PutsEqualValuesInTheMiddle) {
  for (const double value : {0.0, 3.0, -7.5, 1e6}) {
    const Axis axis = linear_axis(std::vector<double>{value, value}, 5, false);
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_GE(axis.ticks.size(), 3u);
  }
}

TEST(LinearAxis, OfSharesPrintsPercentAndStaysWithinThem) {
  const Axis axis = linear_axis(std::vector<double>{0.02, 0.99}, 5, true);
  EXPECT_EQ(axis.low, 0);
  EXPECT_EQ(axis.high, 1);
  EXPECT_EQ(labels(axis), (Labels{"0%", "20%", "40%", "60%", "80%", "100%"}));
  EXPECT_EQ(linear_axis(std::vector<double>{1, 1}, 5, true).high, 1);
}

TEST(LinearAxis, OfNothingIsDrawable) {
  for (const std::vector<double>& values : {std::vector<double>{}, std::vector<double>{kNan, kInfinity, -1e200}}) {
    const Axis axis = linear_axis(values, 5, false);
    EXPECT_LT(axis.low, axis.high);
    EXPECT_LE(axis.ticks.size(), 12u);
  }
}

TEST(LinearAxis, HasAFewTicksAtAnyMagnitude) {
  for (int power = -90; power <= 90; power += 3) {
    const double unit = std::pow(10.0, power);
    for (const double width : {1.0, 3.7, 9.99}) {
      const Axis axis = linear_axis(std::vector<double>{-0.3 * unit, width * unit}, 5, false);
      EXPECT_GE(axis.ticks.size(), 3u) << unit;
      EXPECT_LE(axis.ticks.size(), 9u) << unit;
      EXPECT_GE(axis.place(-0.3 * unit), -1e-9);
      EXPECT_LE(axis.place(width * unit), 1 + 1e-9);
    }
  }
}

TEST(CategoryAxis, HasRoomOnBothSides) {
  const Axis axis = category_axis(std::vector<std::string>{"a", "b"});
  EXPECT_DOUBLE_EQ(axis.place(0), 0.25);
  EXPECT_DOUBLE_EQ(axis.place(1), 0.75);
  EXPECT_LT(category_axis({}).low, category_axis({}).high);
}

TEST(ThinTicks, KeepsTheEndsAndDropsWhatWouldTouch) {
  std::vector<double> values;
  for (int k = 1; k <= 64; ++k) values.push_back(k);
  Axis axis = log2_axis(values);
  thin_ticks(axis, 400, 12);
  EXPECT_EQ(axis.ticks.front().label, "1");
  EXPECT_EQ(axis.ticks.back().label, "64");
  EXPECT_LT(axis.ticks.size(), 30u);
  for (size_t index = 1; index < axis.ticks.size(); ++index) {
    const Tick &left = axis.ticks[index - 1], &right = axis.ticks[index];
    const double widths = (estimated_width(left.label, 12) + estimated_width(right.label, 12)) / 2;
    EXPECT_GE((axis.place(right.value) - axis.place(left.value)) * 400, widths);
  }
}

TEST(Spread, MovesLabelsApartAsLittleAsPossibleAndKeepsTheirOrder) {
  std::vector<EndLabel> labels{{.text = "a", .from = 50}, {.text = "b", .from = 52}, {.text = "c", .from = 100}};
  spread(labels, 15, 0, 200);
  EXPECT_DOUBLE_EQ(labels[0].at, 43.5);
  EXPECT_DOUBLE_EQ(labels[1].at, 58.5);
  EXPECT_DOUBLE_EQ(labels[2].at, 100);
}

TEST(Spread, KeepsLabelsInsideAndCarriesGroupsOn) {
  std::vector<EndLabel> labels;
  for (const double from : {1.0, 2.0, 3.0, 20.0, 199.0, 200.0}) labels.push_back({.text = "x", .from = from});
  spread(labels, 15, 0, 200);
  EXPECT_GE(labels.front().at, 0);
  EXPECT_LE(labels.back().at, 200);
  for (size_t index = 1; index < labels.size(); ++index) EXPECT_GE(labels[index].at - labels[index - 1].at, 15 - 1e-9);
}

}  // namespace
}  // namespace manabi::lab::report
