#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <stdexcept>

#include "lab/report/figure/heat_map_svg.h"
#include "tests/lab/report/markup_checker.h"

namespace manabi::lab {
namespace {

using report::Frame;
using test::Element;
using test::Markup;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

HeatMap map_of(size_t rows, size_t columns) {
  HeatMap map{.title = "Restored", .x_label = "position", .y_label = "layer", .unit = "share restored"};
  for (size_t column = 0; column < columns; ++column) map.columns.push_back("token " + std::to_string(column));
  for (size_t row = 0; row < rows; ++row) {
    map.rows.push_back(std::to_string(row));
    map.values.emplace_back();
    for (size_t column = 0; column < columns; ++column) map.values.back().push_back(static_cast<double>(row * columns + column));
  }
  return map;
}

Markup drawn(const HeatMap& map, Frame frame = Frame::wide) {
  Markup markup = test::read_markup(report::heat_map_svg(map, frame, "map"), true);
  EXPECT_EQ(markup.fault, "");
  return markup;
}

double number(const Element& element, const std::string& attribute) { return std::stod(element.at(attribute)); }

// The cells in the order of rows and columns: those of the wide picture carry a title.
std::vector<const Element*> cells_of(const Markup& markup, size_t count) {
  const std::vector<const Element*> all = markup.named("rect");
  return {all.end() - static_cast<std::ptrdiff_t>(count), all.end()};
}

TEST(HeatMap, DegenerateMapsAreDrawnToo) {
  for (HeatMap map : {map_of(0, 0), map_of(0, 3), map_of(3, 0), map_of(1, 1)}) {
    for (const Frame frame : {Frame::wide, Frame::narrow}) EXPECT_FALSE(drawn(map, frame).elements.empty());
  }
  HeatMap equal = map_of(2, 2), empty = equal;
  for (auto& row : equal.values) row.assign(2, 5.0);
  for (auto& row : empty.values) row = {kNan, kInfinity};
  for (bool is_diverging : {false, true}) {
    equal.is_diverging = empty.is_diverging = is_diverging;
    EXPECT_THAT(report::heat_map_svg(equal, Frame::wide, "map"), Not(HasSubstr("nan")));
    EXPECT_THAT(report::heat_map_svg(empty, Frame::wide, "map"), Not(HasSubstr("nan")));
    EXPECT_EQ(drawn(empty).with_class("empty").size(), 4u);
    EXPECT_THAT(report::description_of(empty), HasSubstr("No values"));
  }
}

TEST(HeatMap, RowsOfDifferentLengthsAreAMistakeOfTheProgram) {
  HeatMap map = map_of(2, 3);
  map.values[1].pop_back();
  EXPECT_THROW(report::heat_map_svg(map, Frame::wide, "map"), std::logic_error);
  map = map_of(2, 3);
  map.rows.push_back("a third");
  EXPECT_THROW(report::heat_map_svg(map, Frame::wide, "map"), std::logic_error);
}

TEST(HeatMap, TheFirstRowLiesLowestAndLargerValuesAreStronger) {
  const std::vector<const Element*> cells = cells_of(drawn(map_of(3, 2)), 6);
  EXPECT_GT(number(*cells[0], "y"), number(*cells[2], "y"));
  EXPECT_LT(number(*cells[0], "x"), number(*cells[1], "x"));
  for (size_t i = 1; i < cells.size(); ++i) EXPECT_GT(number(*cells[i], "fill-opacity"), number(*cells[i - 1], "fill-opacity"));
  EXPECT_EQ(number(*cells[0], "fill-opacity"), 0);
  EXPECT_EQ(number(*cells[5], "fill-opacity"), 1);
}

TEST(HeatMap, ADivergingMapHasNothingAtZeroAndAColourOnEitherSide) {
  HeatMap map = map_of(1, 3);
  map.is_diverging = true;
  map.values = {{-2, 0, 1}};
  const Markup markup = drawn(map);
  const std::vector<const Element*> cells = cells_of(markup, 3);
  EXPECT_TRUE(cells[0]->has_class("down"));
  EXPECT_EQ(number(*cells[0], "fill-opacity"), 1);
  EXPECT_EQ(number(*cells[1], "fill-opacity"), 0);
  EXPECT_TRUE(cells[2]->has_class("up"));
  EXPECT_EQ(number(*cells[2], "fill-opacity"), 0.5);
}

TEST(HeatMap, EverythingStaysInsideThePicture) {
  for (const Frame frame : {Frame::wide, Frame::narrow}) {
    for (const HeatMap& map : {map_of(30, 64), map_of(30, 9), map_of(2, 300), map_of(90, 2)}) {
      const Markup markup = drawn(map, frame);
      double width = 0, height = 0;
      ASSERT_EQ(std::sscanf(markup.elements[0].at("viewBox").c_str(), "0 0 %lf %lf", &width, &height), 2);
      EXPECT_EQ(width, frame == Frame::narrow ? 380 : 860);
      for (const Element* cell : markup.named("rect")) {
        EXPECT_GE(number(*cell, "x"), 0);
        EXPECT_LE(number(*cell, "x") + number(*cell, "width"), width + 0.1);
        EXPECT_LE(number(*cell, "y") + number(*cell, "height"), height);
      }
    }
  }
}

TEST(HeatMap, NamesDoNotTouchEachOther) {
  for (const size_t columns : {9u, 64u, 300u}) {
    const Markup markup = drawn(map_of(40, columns), Frame::narrow);
    std::vector<double> xs, ys;
    for (const Element* text : markup.named("text")) {
      double x = 0, y = 0;
      if (std::sscanf(text->at("transform").c_str(), "translate(%lf %lf) rotate(-55)", &x, &y) == 2) xs.push_back(x);
      if (text->at("text-anchor") == "end" && text->at("transform").empty() && number(*text, "y") > 40) ys.push_back(number(*text, "y"));
    }
    ASSERT_GE(xs.size(), 2u);
    for (size_t i = 1; i < xs.size(); ++i) EXPECT_GE(xs[i] - xs[i - 1], 13);
    for (size_t i = 1; i < ys.size(); ++i) EXPECT_GE(ys[i - 1] - ys[i], 12);
  }
}

TEST(HeatMap, TellsInWordsWhatItShows) {
  HeatMap map = map_of(2, 2);
  map.values[0][1] = -7.25;
  const std::string text = report::description_of(map);
  EXPECT_THAT(text, HasSubstr("share restored"));
  EXPECT_THAT(text, HasSubstr("Largest: 3.00 at 1, token 1"));
  EXPECT_THAT(text, HasSubstr("at 0, token 1."));
  EXPECT_EQ(drawn(map).named("desc").front()->text, text);
}

TEST(HeatMap, TokensShowTheirSpaces) {
  HeatMap map = map_of(1, 3);
  map.columns = {" Paris", "\n", "<b>&\"\x01\xff"};
  map.has_tokens = true;
  EXPECT_EQ(report::column_text(map, 0), "\xC2\xB7Paris");
  EXPECT_EQ(report::column_text(map, 1), "\xE2\x8F\x8E");
  EXPECT_EQ(drawn(map).fault, "");
  map.has_tokens = false;
  EXPECT_EQ(report::column_text(map, 0), " Paris");
}

TEST(HeatMap, StandsOnThePageWithItsNumbers) {
  HeatMap map = map_of(3, 2);
  map.values[2][1] = kNan;
  const Report page{.title = "A page", .sections = {{.title = "Maps", .blocks = {map, map}}}};
  const std::string html = render_html(page);
  EXPECT_EQ(test::read_markup(html).fault, "");
  EXPECT_THAT(html, HasSubstr("Colour: share restored."));
  EXPECT_THAT(html, HasSubstr(R"(<td class="number">4.0)"));
  EXPECT_THAT(html, HasSubstr(".heat .up"));
}

}  // namespace
}  // namespace manabi::lab
