#include <gtest/gtest.h>

#include <limits>

#include "lab/report/figure/palette.h"
#include "lab/report/markup.h"
#include "lab/report/numbers.h"
#include "tests/lab/statistics/contrast.h"

namespace manabi::lab::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::string kMinus = "\xE2\x88\x92";
const std::string kThin = "\xE2\x80\xAF";
const std::string kReplaced = "\xEF\xBF\xBD";

TEST(Escape, LeavesNoMarkupInText) { EXPECT_EQ(escape("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"); }

TEST(Escape, KeepsLinesTabsAndOtherScripts) {
  const std::string text = "a\n\tb \xE6\x98\xA0 \xF0\x9F\x8E\xAC \xC3\xA4";
  EXPECT_EQ(escape(text), text);
}

TEST(Escape, ReplacesControlCharactersAndTurnedDirections) {
  EXPECT_EQ(escape(std::string("a\0b", 3)), "a" + kReplaced + "b");
  EXPECT_EQ(escape("\x1B[31m\x7F"), kReplaced + "[31m" + kReplaced);
  EXPECT_EQ(escape("\xC2\x85"), kReplaced);
  EXPECT_EQ(escape("x\xE2\x80\xAEy\xE2\x81\xA6"), "x" + kReplaced + "y" + kReplaced);
  EXPECT_EQ(escape("\xEF\xBF\xBF"), kReplaced);
}

TEST(Escape, ReplacesEveryByteThatIsNotUtf8) {
  EXPECT_EQ(escape("\x80"), kReplaced);
  EXPECT_EQ(escape("\xE6\x98"), kReplaced + kReplaced);                                  // cut short
  EXPECT_EQ(escape("\xC0\xAF"), kReplaced + kReplaced);                                  // overlong
  EXPECT_EQ(escape("\xE0\x80\xAF"), kReplaced + kReplaced + kReplaced);                  // overlong
  EXPECT_EQ(escape("\xED\xA0\x80"), kReplaced + kReplaced + kReplaced);                  // a surrogate
  EXPECT_EQ(escape("\xF4\x90\x80\x80"), kReplaced + kReplaced + kReplaced + kReplaced);  // past the last character
  EXPECT_EQ(escape("\xE6<\x98"), kReplaced + "&lt;" + kReplaced);
}

TEST(Slug, HoldsOnlyLettersDigitsAndHyphens) {
  EXPECT_EQ(slug("Accuracy against K = 16!"), "accuracy-against-k-16");
  EXPECT_EQ(slug("\xE5\xAD\xA6"), "");
}

TEST(Anchors, AreUnique) {
  Anchors anchors;
  EXPECT_EQ(anchors.take("a b"), "a-b");
  EXPECT_EQ(anchors.take("a-b"), "a-b-2");
  EXPECT_EQ(anchors.take("\xE5\xAD\xA6"), "part");
  EXPECT_EQ(anchors.take(""), "part-2");
}

TEST(Wrapped, BreaksBetweenWordsOrGivesUp) {
  EXPECT_EQ(wrapped("natural language inference", 10, 110, 2), (std::vector<std::string>{"natural language ", "inference"}));
  EXPECT_EQ(wrapped("natural_language_inference", 10, 110, 2), (std::vector<std::string>{"natural_language_", "inference"}));
  EXPECT_TRUE(wrapped("natural language inference", 10, 110, 1).empty());
  EXPECT_TRUE(wrapped("unbreakableunbreakable", 10, 60, 3).empty());
  EXPECT_EQ(wrapped("", 10, 60, 3), std::vector<std::string>{""});
}

TEST(Shortened, FitsAndDoesNotCutACharacter) {
  const std::string text = "\xE6\x98\xA0\xE7\x94\xBB\xE3\x81\xAF\xE6\x9C\x9F";
  EXPECT_EQ(shortened(text, 10, 40), text);
  EXPECT_EQ(shortened(text, 10, 30), "\xE6\x98\xA0\xE7\x94\xBB\xE2\x80\xA6");
}

TEST(Shortened, CountsEveryCharacterOfAMonospacedTextAlike) {
  EXPECT_LT(estimated_width("iiii", 10), estimated_width("mmmm", 10));
  EXPECT_EQ(estimated_width("iiii", 10, Face::monospaced), estimated_width("mmmm", 10, Face::monospaced));
  EXPECT_EQ(shortened("illimitable", 10, 40, Face::monospaced), "illi\xE2\x80\xA6");
}

TEST(VisibleText, ShowsWhiteSpaceAndNamesWhatCannotBeSeen) {
  EXPECT_EQ(visible_text(""), "<empty>");
  EXPECT_EQ(visible_text(" a\n\t"),
            "\xC2\xB7"
            "a\xE2\x8F\x8E\xE2\x87\xA5");
  EXPECT_EQ(visible_text("\xE2\x80\x8B\xC2\xA0\x07"), "<U+200B><U+00A0><U+0007>");
  EXPECT_EQ(visible_text("\xE6\x98"), "<0xE6><0x98>");
  EXPECT_EQ(visible_text("\xE6\x98\xA0"), "\xE6\x98\xA0");
}

TEST(Numbers, AreSignedAndGroupedAsInPrint) {
  EXPECT_EQ(number_text(-1234.56, {.decimals = 1}), kMinus + "1234.6");
  EXPECT_EQ(number_text(1234567.8, {.decimals = 0}), "1" + kThin + "234" + kThin + "568");
  EXPECT_EQ(number_text(4.25, {.is_signed = true, .decimals = 1}), "+4.2");
  EXPECT_EQ(number_text(0.7123, {.is_share = true, .decimals = 1}), "71.2%");
  EXPECT_EQ(count_text(134515008), "134" + kThin + "515" + kThin + "008");
  EXPECT_EQ(count_text(-12345), kMinus + "12" + kThin + "345");
}

TEST(Numbers, HaveNoNegativeZero) {
  EXPECT_EQ(number_text(-0.0, {.decimals = 1}), "0.0");
  EXPECT_EQ(number_text(-0.04, {.is_signed = true, .decimals = 1}), "0.0");
}

TEST(Numbers, SayWhenTheyAreNotFinite) {
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN(), {.is_share = true}), "not a number");
  EXPECT_EQ(interval_text(-kInfinity, kInfinity, {}), "[" + kMinus + "\xE2\x88\x9E, \xE2\x88\x9E]");
}

TEST(Numbers, VeryLargeAndVerySmallOnesUsePowersOfTen) {
  EXPECT_EQ(number_text(3e12, {.decimals = 0}), "3.00e+12");
  EXPECT_EQ(number_text(-2e-9, {.decimals = 6}), kMinus + "2.00e-09");
  EXPECT_EQ(number_text(-2e-9, {.decimals = 2}), "0.00") << "nothing beside an interval that asks for two decimals";
}

TEST(Decimals, AreTwoDigitsOfTheHalfWidth) {
  EXPECT_EQ(decimals_for(0.021, 9), 3);
  EXPECT_EQ(decimals_for(2.1, 9), 1);
  EXPECT_EQ(decimals_for(21, 9), 0);
  EXPECT_EQ(decimals_for(2100, 9), 0);
  EXPECT_EQ(decimals_for(1e-30, 9), 6);
  EXPECT_EQ(decimals_for(0, 2), 2);
  EXPECT_EQ(decimals_for(kInfinity, 2), 2);
}

TEST(Sample, NamesItemsDrawsAndSeeds) {
  EXPECT_EQ(sample_text({.items = 600, .draws = 5}), "600 items, 5 draws");
  EXPECT_EQ(sample_text({.items = 1, .draws = 1}), "1 item, 1 draw");
  EXPECT_EQ(sample_text({.draws = 5}), "5 seeds");
  EXPECT_EQ(sample_text({}), "");
}

class BothSchemes : public ::testing::TestWithParam<const Scheme*> {};

TEST_P(BothSchemes, TextReachesTheContrastOfFourAndAHalf) {
  const Scheme& scheme = *GetParam();
  for (const auto ground : {scheme.ground, scheme.surface, scheme.sunken, scheme.token, scheme.token_other, scheme.untested_soft}) {
    EXPECT_GE(test::contrast(scheme.text, ground), 7) << ground;
    EXPECT_GE(test::contrast(scheme.muted, ground), 4.5) << ground;
  }
  for (const auto ground : {scheme.ground, scheme.surface, scheme.accent_soft}) EXPECT_GE(test::contrast(scheme.accent, ground), 4.5) << ground;
  const std::pair<std::string_view, std::string_view> badges[] = {{scheme.holds, scheme.holds_soft},
                                                                  {scheme.fails, scheme.fails_soft},
                                                                  {scheme.open, scheme.open_soft},
                                                                  {scheme.untested, scheme.untested_soft}};
  for (const auto& [colour, soft] : badges) {
    EXPECT_GE(test::contrast(colour, soft), 4.5) << colour;
    EXPECT_GE(test::contrast(colour, scheme.ground), 4.5) << colour;
  }
  EXPECT_GE(test::contrast(scheme.ground, scheme.accent), 4.5);  // the mark of the scored position
  for (const auto colour : scheme.series) EXPECT_GE(test::contrast(colour, scheme.ground), 4.5) << colour;
}

TEST_P(BothSchemes, SeriesStayApartForColourBlindReaders) {
  const Scheme& scheme = *GetParam();
  for (const test::Vision vision : {test::Vision::full, test::Vision::no_red, test::Vision::no_green, test::Vision::no_blue}) {
    for (size_t one = 0; one < 5; ++one) {
      for (size_t other = 0; other < one; ++other) {
        EXPECT_GE(test::colour_distance(scheme.series[one], scheme.series[other], vision), 12) << one << " and " << other;
      }
    }
  }
}

std::vector<std::string_view> ramp_of(const Scheme& scheme, bool is_warm) {
  std::vector<std::string_view> ramp{scheme.zero};
  for (const std::string_view colour : is_warm ? scheme.warm : scheme.cool) ramp.push_back(colour);
  return ramp;
}

TEST_P(BothSchemes, StepsOfARampAreEvenAndGrowFromTheGround) {
  for (const bool is_warm : {false, true}) {
    const std::vector<std::string_view> ramp = ramp_of(*GetParam(), is_warm);
    for (size_t step = 1; step < ramp.size(); ++step) {
      const double distance = test::colour_distance(ramp[step - 1], ramp[step], test::Vision::full);
      EXPECT_GE(distance, 4) << ramp[step];
      EXPECT_LE(distance, 6.5) << ramp[step];
      EXPECT_GT(test::contrast(ramp[step], GetParam()->ground), test::contrast(ramp[step - 1], GetParam()->ground)) << ramp[step];
    }
  }
}

TEST_P(BothSchemes, WarmAndCoolStayApartForColourBlindReaders) {
  const Scheme& scheme = *GetParam();
  for (const test::Vision vision : {test::Vision::full, test::Vision::no_red, test::Vision::no_green, test::Vision::no_blue}) {
    for (size_t step = 4; step <= kRampSteps; ++step)
      EXPECT_GE(test::colour_distance(scheme.warm[step - 1], scheme.cool[step - 1], vision), 12) << step;
    EXPECT_GE(test::colour_distance(scheme.zero, scheme.warm.back(), vision), 40);
    EXPECT_GE(test::colour_distance(scheme.zero, scheme.cool.back(), vision), 40);
  }
}

TEST_P(BothSchemes, NumbersInCellsReachTheContrastOfFourAndAHalf) {
  const Scheme& scheme = *GetParam();
  for (size_t step = kFirstInkedStep; step <= kRampSteps; ++step) {
    EXPECT_GE(test::contrast(scheme.warm[step - 1], scheme.ground), 4.5) << step;
    EXPECT_GE(test::contrast(scheme.cool[step - 1], scheme.ground), 4.5) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Palette, BothSchemes, ::testing::Values(&kLight, &kDark));

TEST(Palette, ResolvesEveryProperty) {
  const std::string style = resolved("a{color:var(--text);stroke:var(--s7);fill:var(--accent-soft)}", kLight);
  EXPECT_EQ(style, "a{color:#1c2126;stroke:#17789b;fill:#e6eff4}");
  EXPECT_EQ(resolved("b{fill:var(--warm1);stroke:var(--cool16)}", kLight), "b{fill:#f2e7df;stroke:#0c3a86}");
}

}  // namespace
}  // namespace manabi::lab::report
