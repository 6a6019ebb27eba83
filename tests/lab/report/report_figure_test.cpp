#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "lab/report/figure/figure_svg.h"
#include "tests/lab/report/markup_checker.h"
#include "tests/lab/report/report_sample.h"

namespace manabi::lab {
namespace {

using test::Element;
using test::Markup;
using test::read_markup;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Figure simple(std::vector<Point> points) { return {.title = "T", .series = {{.name = "a", .points = std::move(points)}}}; }

Markup drawn(const Figure& figure) {
  Markup markup = read_markup(render_svg(figure), true);
  EXPECT_EQ(markup.fault, "");
  return markup;
}

double number(const Element& element, const std::string& attribute) { return std::stod(element.at(attribute)); }

std::vector<std::string> texts(const Markup& markup) {
  std::vector<std::string> found;
  for (const Element* text : markup.named("text")) found.push_back(text->text);
  return found;
}

TEST(FigureSvg, StandsAlone) {
  const std::string svg = render_svg(test::sample_figure());
  const Markup markup = read_markup(svg, true);
  ASSERT_EQ(markup.fault, "");
  EXPECT_EQ(markup.elements[0].at("xmlns"), "http://www.w3.org/2000/svg");
  EXPECT_EQ(markup.elements[0].at("role"), "img");
  EXPECT_EQ(markup.named("title").front()->text, "Accuracy against the number of demonstrations");
  EXPECT_THAT(markup.named("desc").front()->text, HasSubstr("GOLD: 50.7% at 0, 63.4% at 32."));
  EXPECT_THAT(svg, Not(HasSubstr("var(--")));
  EXPECT_THAT(svg, Not(HasSubstr("url(")));
  EXPECT_THAT(svg, HasSubstr(".s0{color:#1a56c4}"));
  EXPECT_EQ(svg, render_svg(test::sample_figure()));
}

TEST(FigureSvg, ACloudOfPointsHasNoLines) {
  Figure figure = simple({{.x = 0, .y = 1}, {.x = 1, .y = 3}, {.x = 2, .y = 2}});
  EXPECT_FALSE(drawn(figure).with_class("line").empty());
  figure.connects_points = false;
  EXPECT_GE(drawn(figure).with_class("mark").size(), 3u);
  for (const Element* line : drawn(figure).with_class("line")) EXPECT_EQ(line->at("d"), "M1 4L25 4");  // the legend's alone
}

TEST(FigureSvg, KeepsEveryCoordinateInsideThePicture) {
  for (const bool is_small : {false, true}) {
    Figure figure = test::sample_figure();
    figure.is_small = is_small;
    const Markup markup = drawn(figure);
    double width = 0, height = 0;
    ASSERT_EQ(std::sscanf(markup.elements[0].at("viewBox").c_str(), "0 0 %lf %lf", &width, &height), 2);
    const auto check = [](const Element& element, const char* name, double limit) {
      if (!element.attributes.contains(name)) return;
      EXPECT_GE(number(element, name), 0) << name;
      EXPECT_LE(number(element, name), limit) << name;
    };
    for (const Element& element : markup.elements) {
      for (const char* name : {"x1", "x2", "cx"}) check(element, name, width);
      for (const char* name : {"y1", "y2", "cy", "y"}) check(element, name, height);
    }
  }
}

TEST(FigureSvg, PointsSayValueIntervalAndN) {
  const Markup markup = drawn(test::sample_figure());
  const std::vector<const Element*> points = markup.with_class("point");
  ASSERT_EQ(points.size(), 3u * 5 + 3 * 3);
  EXPECT_EQ(points[0]->at("data-x"), "0");
  EXPECT_EQ(points[0]->at("data-series"), "GOLD");
  EXPECT_EQ(points[0]->at("data-value"), "50.7% [49.1, 52.3]");
  EXPECT_EQ(points[0]->at("data-n"), "n = 3840");
  EXPECT_EQ(points.back()->at("data-n"), "");
}

TEST(FigureSvg, WhiskersEndWhereTheIntervalEnds) {
  const Markup markup = drawn(simple({{.x = 0, .y = 5, .low = 0.0, .high = 10.0}, {.x = 1, .y = 5}}));
  const std::vector<const Element*> whiskers = markup.with_class("whisker");
  ASSERT_EQ(whiskers.size(), 1u);
  const std::vector<const Element*> grid = markup.with_class("grid");
  EXPECT_EQ(whiskers[0]->at("y1"), grid.front()->at("y1"));
  EXPECT_EQ(whiskers[0]->at("y2"), grid.back()->at("y1"));
  const double middle = (number(*whiskers[0], "y1") + number(*whiskers[0], "y2")) / 2;
  EXPECT_NEAR(number(*markup.with_class("touch")[0], "cy"), middle, 0.11);
}

TEST(FigureSvg, PublishedSeriesAreDashedInTheColourOfTheirCounterpart) {
  const Markup markup = drawn(test::sample_figure());
  int64_t published = 0;
  for (const Element* group : markup.named("g")) {
    if (group->has_class("published")) ++published;
  }
  EXPECT_EQ(published, 6);  // lines and points of three series
  const Figure figure = test::sample_figure();
  const Figure* const only = &figure;
  const report::SeriesLooks looks(std::span(&only, 1));
  for (size_t index = 0; index < 3; ++index) EXPECT_EQ(looks.index_of(figure.series[index]), looks.index_of(figure.series[index + 3]));
  EXPECT_NE(looks.index_of(figure.series[0]), looks.index_of(figure.series[1]));
}

TEST(FigureSvg, ACounterpartThatIsNotThereStillHasAColour) {
  Figure figure = simple({{1, 1}});
  figure.series.push_back({.name = "paper", .points = {{1, 2}}, .is_published = true, .counterpart = "elsewhere"});
  drawn(figure);
}

TEST(FigureSvg, NamesSeriesAtTheirEndsOrInALegend) {
  const std::vector<std::string> ends = texts(drawn(test::sample_figure()));
  for (const char* name : {"GOLD", "RANDOM", "ABSTRACT", "LLaMA-7B, GOLD", "uniform guess", "majority class"}) {
    EXPECT_EQ(std::count(ends.begin(), ends.end(), name), 1) << name;
  }
  Figure early = test::sample_figure();
  early.series[3].points.pop_back();  // ends before the others
  const Markup with_legend = drawn(early);
  EXPECT_EQ(with_legend.with_class("ended").size(), 0u);
  EXPECT_EQ(with_legend.with_class("legend").size(), 8u);
}

TEST(FigureSvg, EmptyFiguresSaySo) {
  for (const Figure& figure : {Figure{}, simple({}), simple({{kNan, 1}, {1, kInfinity}}),
                               Figure{.x_scale = Scale::category, .series = {{.name = "a", .points = {{0, 1}}}}},
                               Figure{.x_scale = Scale::log2, .series = {{.name = "a", .points = {{-1, 1}}}}}}) {
    const Markup markup = drawn(figure);
    ASSERT_EQ(markup.with_class("nothing").size(), 1u);
    EXPECT_EQ(markup.with_class("nothing")[0]->text, "no values to draw");
    EXPECT_TRUE(markup.with_class("point").empty());
  }
}

TEST(FigureSvg, ValuesThatAreNotFiniteLeaveAGap) {
  const Figure figure = simple({{0, 1}, {1, 2}, {2, kNan}, {3, 4}, {4, 5}, {5, 6}});
  const std::string svg = render_svg(figure);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  const Markup markup = drawn(figure);
  EXPECT_EQ(markup.with_class("line").size(), 2u);
  EXPECT_EQ(markup.with_class("point").size(), 5u);
  EXPECT_EQ(report::count_left_out(figure), 1);
}

TEST(FigureSvg, AnIntervalWithoutEndsIsNotDrawnButSaid) {
  const std::string svg = render_svg(simple({{.x = 0, .y = 5, .low = -kInfinity, .high = kInfinity}, {.x = 1, .y = 6}}));
  EXPECT_EQ(read_markup(svg, true).fault, "");
  EXPECT_THAT(svg, Not(HasSubstr("class=\"whisker\"")));
  EXPECT_THAT(svg, HasSubstr("[\xE2\x88\x92\xE2\x88\x9E, \xE2\x88\x9E]"));
}

TEST(FigureSvg, DrawsASinglePointAndEqualValues) {
  EXPECT_EQ(drawn(simple({{3, 7}})).with_class("point").size(), 1u);
  EXPECT_EQ(drawn(simple({{1, 0}, {2, 0}, {3, 0}})).with_class("line").size(), 1u);
  EXPECT_EQ(drawn(simple({{-1, -5}, {2, -3}})).with_class("point").size(), 2u);
  EXPECT_EQ(drawn(simple({{0, 1e300}, {1, -1e300}, {2, 3}})).with_class("point").size(), 1u);
}

TEST(FigureSvg, SharesNeverLeaveTheRangeFromZeroToOne) {
  Figure figure = simple({{.x = 0, .y = 0.99, .low = 0.9, .high = 1.06}, {.x = 1, .y = 0.01, .low = -0.05, .high = 0.1}});
  figure.y_is_share = true;
  const std::vector<std::string> labels = texts(drawn(figure));
  EXPECT_NE(std::find(labels.begin(), labels.end(), "100%"), labels.end());
  EXPECT_EQ(std::find(labels.begin(), labels.end(), "120%"), labels.end());
}

TEST(FigureSvg, SeriesOfACategoryStandSideBySideWithoutLines) {
  Figure figure{.x_scale = Scale::category, .categories = {"one", "two"}};
  figure.series = {{.name = "a", .points = {{0, 1}, {1, 2}}}, {.name = "b", .points = {{0, 1}, {1, 2}}}};
  const Markup markup = drawn(figure);
  EXPECT_TRUE(markup.with_class("line").size() == 2u) << "only the legend's";
  const std::vector<const Element*> points = markup.with_class("touch");
  ASSERT_EQ(points.size(), 4u);
  EXPECT_GT(number(*points[2], "cx") - number(*points[0], "cx"), 5);
  EXPECT_EQ(markup.with_class("point")[3]->at("data-x"), "two");
}

TEST(FigureSvg, LongCategoriesAreWrappedThenTurned) {
  Figure figure{
      .x_scale = Scale::category, .categories = {"natural language inference", "short"}, .series = {{.name = "a", .points = {{0, 1}}}}};
  EXPECT_THAT(render_svg(figure), Not(HasSubstr("rotate")));
  figure.categories[0] = std::string(200, 'x');
  const std::string turned = render_svg(figure);
  EXPECT_THAT(turned, HasSubstr("rotate(-45)"));
  EXPECT_THAT(turned, HasSubstr("x\xE2\x80\xA6"));
}

TEST(FigureSvg, MarksTheBreakBeforeZeroOnALogarithmicAxis) {
  Figure figure = simple({{0, 1}, {4, 2}, {8, 3}});
  figure.x_scale = Scale::log2;
  EXPECT_EQ(drawn(figure).with_class("break").size(), 1u);
  figure.series[0].points.erase(figure.series[0].points.begin());
  EXPECT_EQ(drawn(figure).with_class("break").size(), 0u);
}

TEST(FigureSvg, EscapesEveryText) {
  const std::string bad = "</svg><script>\"'&\x01\xFF";
  Figure figure{.title = bad, .caption = bad, .x_label = bad, .y_label = bad, .reference_lines = {{bad, 0.5}}};
  figure.series = {{.name = bad, .points = {{0, 1}}}};
  drawn(figure);
  figure.x_scale = Scale::category;
  figure.categories = {bad};
  drawn(figure);
}

TEST(FigureSvg, AManyColouredFigureRepeatsColoursWithOtherMarkers) {
  Figure figure{.title = "many"};
  for (int index = 0; index < 20; ++index)
    figure.series.push_back({.name = fmt::format("s{}", index), .points = {{0, 1.0 * index}, {1, 2.0 * index}}});
  const Markup markup = drawn(figure);
  const std::vector<const Element*> marks = markup.with_class("mark");
  const auto shape = [](const Element& mark) {
    const std::string path = mark.at("d");
    return std::count(path.begin(), path.end(), 'L') * 10 + (path.find('a') != std::string::npos);
  };
  ASSERT_EQ(marks.size(), 40u);
  EXPECT_NE(shape(*marks[0]), shape(*marks[16]));  // the first and the ninth series share a colour
}

}  // namespace
}  // namespace manabi::lab
