#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "lab/report/blocks.h"
#include "lab/report/figure/interval_bar.h"
#include "tests/lab/report/markup_checker.h"
#include "tests/lab/report/report_sample.h"

namespace manabi::lab::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Claim claim(Direction direction, double margin, Interval effect) {
  return {.id = "c", .sentence = "S", .unit = "points", .direction = direction, .margin = margin, .effect = effect};
}

std::string html_of_one(const Claim& one) {
  PageContext page{.looks = SeriesLooks({})};
  const std::string html = html_of(std::span(&one, 1), page);
  // The shapes are defined once a page.
  EXPECT_EQ(test::read_markup(std::string(icon_definitions()) + html).fault, "");
  return html;
}

TEST(IntervalBar, LiesInsideTheClaimedSideExactlyWhenTheClaimHolds) {
  for (const Claim& one : test::sample_claims()) {
    const auto bar = interval_bar_of(one);
    ASSERT_EQ(bar.has_value(), one.effect.has_value());
    if (!bar) continue;
    const bool lies_inside = bar->low > bar->claimed_from && bar->high < bar->claimed_to;
    EXPECT_EQ(lies_inside, verdict_of(one) == Verdict::holds) << one.id;
    const bool lies_outside = bar->high <= bar->claimed_from || bar->low >= bar->claimed_to;
    EXPECT_EQ(lies_outside, verdict_of(one) == Verdict::does_not_hold) << one.id;
  }
}

TEST(IntervalBar, IsToScale) {
  const IntervalBar bar = *interval_bar_of(claim(Direction::above, 2, {.value = 6, .low = 4, .high = 10}));
  const double unit = (bar.high - bar.zero) / 10;
  EXPECT_NEAR(bar.low - bar.zero, 4 * unit, 1e-12);
  EXPECT_NEAR(bar.value - bar.zero, 6 * unit, 1e-12);
  EXPECT_NEAR(*bar.margin - bar.zero, 2 * unit, 1e-12);
  EXPECT_EQ(bar.claimed_from, *bar.margin);
  EXPECT_EQ(bar.claimed_to, 1);
}

TEST(IntervalBar, ClaimsTheLowerSideForBelowAndTheMiddleForEquivalence) {
  const IntervalBar below = *interval_bar_of(claim(Direction::below, -5, {.value = -8, .low = -9, .high = -7}));
  EXPECT_EQ(below.claimed_from, 0);
  EXPECT_EQ(below.claimed_to, *below.margin);
  EXPECT_LT(below.high, *below.margin);
  const IntervalBar equal = *interval_bar_of(claim(Direction::equivalent, 2, {.value = 0, .low = -1, .high = 1}));
  EXPECT_EQ(equal.claimed_from, *equal.margin);
  EXPECT_EQ(equal.claimed_to, *equal.other_margin);
  EXPECT_NEAR(equal.zero, 0.5, 1e-12);
}

TEST(IntervalBar, InfiniteEndsReachTheEndsOfTheLine) {
  const IntervalBar bar = *interval_bar_of(claim(Direction::above, 2, {.value = 3, .low = -kInfinity, .high = kInfinity}));
  EXPECT_EQ(bar.low, 0);
  EXPECT_EQ(bar.high, 1);
  EXPECT_GT(bar.value, 0);
  EXPECT_LT(bar.value, 1);
}

TEST(IntervalBar, IsMissingWhereThereIsNothingToDraw) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(interval_bar_of(Claim{}));
  EXPECT_FALSE(interval_bar_of(claim(Direction::above, 0, {.value = nan, .low = nan, .high = nan})));
  EXPECT_FALSE(interval_bar_of(claim(Direction::above, 0, {.value = kInfinity, .low = 0, .high = kInfinity})));
  EXPECT_FALSE(interval_bar_of(claim(Direction::above, nan, {})));
  EXPECT_TRUE(interval_bar_of(claim(Direction::above, 0, {})));
}

TEST(ClaimTexts, SayWhatIsClaimedInTheUnit) {
  EXPECT_EQ(condition_text(claim(Direction::above, 2, {})), "effect > +2 points");
  EXPECT_EQ(condition_text(claim(Direction::below, -0.5, {})),
            "effect < \xE2\x88\x92"
            "0.5 points");
  EXPECT_EQ(condition_text(claim(Direction::equivalent, 2, {})), "|effect| < 2 points");
  EXPECT_EQ(condition_text(claim(Direction::above, 0, {})), "effect > 0 points");
}

TEST(ClaimTexts, HaveTheDigitsOfTheIntervalAndAtLeastTheMargins) {
  EXPECT_EQ(effect_text(claim(Direction::above, 0, {.value = 15.314, .low = 12.74, .high = 17.92})), "+15.3 points");
  EXPECT_EQ(effect_text(claim(Direction::above, 0.25, {.value = 15.314, .low = -12.74, .high = 37.92})), "+15.31 points");
  EXPECT_EQ(effect_interval_text(claim(Direction::above, 0, {.value = 15.314, .low = 12.74, .high = 17.92})), "[+12.7, +17.9]");
}

TEST(Claims, EveryVerdictHasItsWordShapeAndClass) {
  const std::vector<Claim> claims = test::sample_claims();
  PageContext page{.looks = SeriesLooks({})};
  const test::Markup markup = test::read_markup(std::string(icon_definitions()) + html_of(claims, page));
  ASSERT_EQ(markup.fault, "");
  const std::vector<const test::Element*> badges = markup.with_class("badge"), articles = markup.with_class("claim");
  ASSERT_EQ(badges.size(), claims.size());
  ASSERT_EQ(articles.size(), claims.size());
  for (size_t index = 0; index < claims.size(); ++index) {
    const Verdict verdict = verdict_of(claims[index]);
    EXPECT_EQ(badges[index]->text, name_of(verdict));
    EXPECT_TRUE(badges[index]->has_class(class_of(verdict)));
    EXPECT_EQ(articles[index]->at("id"), "claim-" + claims[index].id);
  }
  const std::map<Verdict, int64_t> counts = tally(claims);
  EXPECT_EQ(counts.at(Verdict::holds), 4);
  EXPECT_EQ(counts.at(Verdict::does_not_hold), 1);
  EXPECT_EQ(counts.at(Verdict::undecided), 1);
  EXPECT_EQ(counts.at(Verdict::not_tested), 1);
}

TEST(Claims, ATestedOneShowsEffectIntervalAndNBesideThePublishedFigure) {
  Claim one = claim(Direction::above, 2, {.value = 15.314, .low = 12.74, .high = 17.92, .items = 3840, .draws = 8});
  one.published = "+8.9 points";
  const std::string html = html_of_one(one);
  for (const char* part : {"<b>+15.3 points</b>", "[+12.7, +17.9]", "n = 3840 items, 8 draws", "<dd>+8.9 points</dd>", "class=\"bar\""}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, Not(HasSubstr("Missing")));
}

TEST(Claims, AnUntestedOneSaysWhatIsMissing) {
  Claim one{.id = "c", .sentence = "S", .missing = "12 cells: model=<b>"};
  EXPECT_THAT(html_of_one(one), HasSubstr("12 cells: model=&lt;b&gt;"));
  one.missing.clear();
  const std::string html = html_of_one(one);
  EXPECT_THAT(html, HasSubstr("No cell of this claim was measured."));
  EXPECT_THAT(html, Not(HasSubstr("class=\"bar\"")));
}

TEST(Claims, SayWhatAnIntervalDoesNotCover) {
  EXPECT_THAT(html_of_one(claim(Direction::above, 0, {.value = 3, .low = -kInfinity, .high = kInfinity, .items = 1, .draws = 1})),
              HasSubstr("One observation says nothing of its spread."));
  EXPECT_THAT(html_of_one(claim(Direction::above, 0, {.value = 3, .low = 2, .high = 4, .items = 100, .draws = 1})),
              HasSubstr("With one draw, what other demonstrations would do is not in it."));
}

TEST(Claims, WithEqualIdsHaveDifferentAnchors) {
  const std::vector<Claim> claims(3, Claim{.id = "same", .sentence = "S"});
  PageContext page{.looks = SeriesLooks({})};
  EXPECT_EQ(test::read_markup(std::string(icon_definitions()) + html_of(claims, page)).fault, "");
}

}  // namespace
}  // namespace manabi::lab::report
