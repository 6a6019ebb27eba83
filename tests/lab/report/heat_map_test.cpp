#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>
#include <stdexcept>

#include "lab/report/figure/heat_map_svg.h"
#include "tests/lab/report/markup_checker.h"

namespace manabi::lab {
namespace {

using report::Frame;
using test::Element;
using test::Markup;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::string kMinus = "\xE2\x88\x92";

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

// Of a cell in the order of the rows: the steps that it is above zero.
int step_of(const Element& cell) {
  const std::string look = cell.at("class");
  if (look.starts_with("warm")) return std::stoi(look.substr(4));
  return look.starts_with("cool") ? -std::stoi(look.substr(4)) : std::numeric_limits<int>::max();
}

std::vector<int> steps_of(const HeatMap& map) {
  const Markup markup = drawn(map);
  std::vector<int> steps;
  for (const Element* cell : cells_of(markup, map.rows.size() * map.columns.size())) steps.push_back(step_of(*cell));
  return steps;
}

std::vector<std::string> texts(const Markup& markup) {
  std::vector<std::string> found;
  for (const Element* text : markup.named("text")) found.push_back(text->text);
  return found;
}

struct Box {
  double left, top, right, bottom;
  std::string text;
};

// Where a text comes to lie, by widths that are guessed to the wide side.
Box box_of(const Element& element, double size, report::Face face) {
  const double length = report::estimated_width(element.text, size, face);
  double x = 0, y = 0;
  if (std::sscanf(element.at("transform").c_str(), "translate(%lf %lf) rotate(-90)", &x, &y) == 2)
    return {x - size * 0.8, y, x + size * 0.2, y + length, element.text};
  x = number(element, "x");
  y = number(element, "y");
  const std::string anchor = element.at("text-anchor");
  const double start = anchor == "end" ? x - length : anchor == "middle" ? x - length / 2 : x;
  return {start, y - size * 0.8, start + length, y + size * 0.2, element.text};
}

std::vector<Box> boxes_of(const HeatMap& map, Frame frame) {
  std::vector<Box> boxes;
  const Markup markup = drawn(map, frame);
  for (const Element* text : markup.named("text")) {
    const bool is_column = text->has_class("column");
    boxes.push_back(box_of(*text,
                           is_column                ? 11
                           : text->has_class("ink") ? 10.5
                                                    : 12,
                           is_column ? report::column_face(map) : report::Face::sans_serif));
  }
  return boxes;
}

std::vector<HeatMap> maps_of_many_shapes() {
  std::vector<HeatMap> maps{map_of(0, 0),  map_of(0, 3),   map_of(3, 0),   map_of(1, 1), map_of(12, 12),
                            map_of(30, 9), map_of(30, 64), map_of(2, 300), map_of(90, 2)};
  maps[6].has_tokens = true;
  for (size_t column = 0; column < 64; ++column) maps[6].columns[column] = column % 3 == 0 ? "\n" : " illimitably" + std::string(column, 'i');
  maps[5].columns = {"0", "1", "2", "3", "4", "5", "6", "7", "8"};
  maps[7].rows = {"a name of a row that goes on and on beyond any room that there could be for it, and further", ""};
  maps[4].values[3][3] = kNan;
  maps[4].values[4][3] = kInfinity;
  maps[8].is_diverging = true;
  maps[8].range = {-1e6, 3};
  return maps;
}

TEST(HeatMap, MapsWithoutCellsSaySo) {
  for (const HeatMap& map : {map_of(0, 0), map_of(0, 3), map_of(3, 0)}) {
    for (const Frame frame : {Frame::wide, Frame::narrow}) {
      const Markup markup = drawn(map, frame);
      EXPECT_EQ(markup.with_class("nothing").size(), 1u);
      EXPECT_TRUE(markup.named("rect").empty());
    }
    EXPECT_THAT(report::description_of(map), HasSubstr("No values"));
  }
}

TEST(HeatMap, OneCellAndEqualValuesLieInTheMiddleOfTheColours) {
  EXPECT_EQ(steps_of(map_of(1, 1)), std::vector<int>{8});
  HeatMap equal = map_of(2, 2);
  for (auto& row : equal.values) row.assign(2, 5.0);
  EXPECT_EQ(steps_of(equal), std::vector<int>(4, 8));
  for (auto& row : equal.values) row.assign(2, 0.0);
  equal.is_diverging = true;
  EXPECT_EQ(steps_of(equal), std::vector<int>(4, 0));
  EXPECT_THAT(texts(drawn(equal)), IsSupersetOf({kMinus + "1.0", std::string("1.0")}));
}

TEST(HeatMap, CellsWithoutAColourAreStruckOutAndSaidToBe) {
  HeatMap map = map_of(2, 2);
  EXPECT_TRUE(drawn(map).with_class("strokes").empty());
  map.values[0][0] = kNan;
  EXPECT_EQ(drawn(map).with_class("missing").size(), 1u);
  EXPECT_THAT(texts(drawn(map, Frame::narrow)), Contains("not measured"));
  EXPECT_THAT(report::description_of(map), HasSubstr("Smallest: 1.00 at 0, token 1. not measured: 1."));
  map.values[0][1] = -kInfinity;
  EXPECT_THAT(texts(drawn(map)), Contains("not measured, or infinite"));
  EXPECT_THAT(report::heat_map_svg(map, Frame::wide, "map"), HasSubstr("<title>0, token 1: " + kMinus + "\xE2\x88\x9E</title>"));
  map.values = {{kInfinity, 1}, {1, 2}};
  EXPECT_THAT(texts(drawn(map)), Contains("infinite"));
  for (auto& row : map.values) row = {kNan, kInfinity};
  for (const bool is_diverging : {false, true}) {
    map.is_diverging = is_diverging;
    EXPECT_EQ(drawn(map).with_class("missing").size(), 4u);
    EXPECT_EQ(drawn(map).with_class("nothing").size(), 1u);
    EXPECT_THAT(report::heat_map_svg(map, Frame::wide, "map"), Not(HasSubstr("nan")));
    EXPECT_THAT(report::description_of(map), HasSubstr("No values"));
  }
}

TEST(HeatMap, TakesValuesOfAnySize) {
  for (const double size : {1e-300, 1e-12, 1e90, 1e300, std::numeric_limits<double>::max()}) {
    for (const bool is_diverging : {false, true}) {
      HeatMap map = map_of(1, 2);
      map.is_diverging = is_diverging;
      map.values = {{size, -size}};
      for (const char* wrong : {"nan", "inf\"", "-nan"})
        EXPECT_THAT(report::heat_map_svg(map, Frame::wide, "map"), Not(HasSubstr(wrong))) << size;
    }
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

TEST(HeatMap, ARangeWithoutAnInsideIsAMistakeOfTheProgram) {
  HeatMap map = map_of(2, 2);
  for (const auto& range : {std::pair{1.0, 1.0}, {2.0, 1.0}, {kNan, 1.0}, {0.0, kInfinity}}) {
    map.range = range;
    EXPECT_THROW(report::heat_map_svg(map, Frame::wide, "map"), std::logic_error);
  }
}

TEST(HeatMap, TheFirstRowLiesLowestAndLargerValuesAreStronger) {
  const HeatMap map = map_of(3, 2);
  const Markup markup = drawn(map);
  const std::vector<const Element*> cells = cells_of(markup, 6);
  EXPECT_GT(number(*cells[0], "y"), number(*cells[2], "y"));
  EXPECT_LT(number(*cells[0], "x"), number(*cells[1], "x"));
  EXPECT_EQ(steps_of(map), (std::vector<int>{0, 3, 6, 10, 13, 16}));
}

TEST(HeatMap, ADivergingMapHasNoColourAtZeroAndEqualStrengthOnEitherSide) {
  HeatMap map = map_of(1, 5);
  map.is_diverging = true;
  map.values = {{-2, -1, 0, 1, 2}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{-16, -8, 0, 8, 16}));
  map.values = {{-2, -1, 0, 1, 1}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{-16, -8, 0, 8, 8}));
}

TEST(HeatMap, AGivenRangeSetsTheColoursAndSaysWhatLiesBeyond) {
  HeatMap map = map_of(1, 4);
  map.range = {0.0, 1.0};
  map.values = {{0.25, 0.5, 0.75, 0.5}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{4, 8, 12, 8}));
  EXPECT_THAT(texts(drawn(map)), IsSupersetOf({"0.00", "1.00"}));
  map.values = {{-3, 0, 1, 7}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{0, 0, 16, 16}));
  EXPECT_THAT(texts(drawn(map)), IsSupersetOf({"\xE2\x89\xA4 0.00", "\xE2\x89\xA5 1.00"}));
  map.is_diverging = true;
  map.range = {-0.5, 1.0};
  map.values = {{-0.5, 0, 0.5, 1}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{-8, 0, 8, 16}));
  map.values = {{-9, -0.5, 1, 9}};
  EXPECT_EQ(steps_of(map), (std::vector<int>{-8, -8, 16, 16}));
}

TEST(HeatMap, TheBarHasEveryColourBetweenItsEnds) {
  HeatMap map = map_of(1, 2);
  map.is_diverging = true;
  map.values = {{-1, 1}};
  const Markup markup = drawn(map);
  const size_t bar = markup.named("rect").size() - 2;
  std::set<int> steps;
  for (size_t i = 0; i < bar; ++i) steps.insert(step_of(*markup.named("rect")[i]));
  EXPECT_EQ(steps.size(), 33u);
}

TEST(HeatMap, EverythingStaysInsideThePicture) {
  for (const Frame frame : {Frame::wide, Frame::narrow}) {
    for (const HeatMap& map : maps_of_many_shapes()) {
      const Markup markup = drawn(map, frame);
      double width = 0, height = 0;
      ASSERT_EQ(std::sscanf(markup.elements[0].at("viewBox").c_str(), "0 0 %lf %lf", &width, &height), 2);
      EXPECT_EQ(width, frame == Frame::narrow ? 380 : 860);
      for (const Element* cell : markup.named("rect")) {
        EXPECT_GE(number(*cell, "x"), 0);
        EXPECT_LE(number(*cell, "x") + number(*cell, "width"), width + 0.1);
        EXPECT_LE(number(*cell, "y") + number(*cell, "height"), height);
      }
      for (const Box& box : boxes_of(map, frame)) {
        EXPECT_GE(box.left, -0.1) << box.text;
        EXPECT_GE(box.top, 0) << box.text;
        EXPECT_LE(box.right, width + 0.1) << box.text;
        EXPECT_LE(box.bottom, height) << box.text;
      }
    }
  }
}

TEST(HeatMap, NoTextTouchesAnother) {
  constexpr double kRounding = 0.2;
  for (const Frame frame : {Frame::wide, Frame::narrow}) {
    for (const HeatMap& map : maps_of_many_shapes()) {
      const std::vector<Box> boxes = boxes_of(map, frame);
      for (size_t one = 0; one < boxes.size(); ++one) {
        for (size_t other = 0; other < one; ++other) {
          const Box &a = boxes[one], &b = boxes[other];
          const double across = std::min(a.right, b.right) - std::max(a.left, b.left);
          const double along = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
          EXPECT_FALSE(across > kRounding && along > kRounding) << "'" << a.text << "' and '" << b.text << "'";
        }
      }
    }
  }
}

TEST(HeatMap, AWidePictureNamesEveryOneOfSixtyFourTokens) {
  HeatMap map = map_of(30, 64);
  map.has_tokens = true;
  EXPECT_EQ(drawn(map, Frame::wide).with_class("column").size(), 64u);
  EXPECT_GE(drawn(map, Frame::narrow).with_class("column").size(), 20u);
}

TEST(HeatMap, StrongCellsCarryTheirNumberWhereThereIsRoom) {
  HeatMap map = map_of(12, 12);
  const Markup markup = drawn(map);
  EXPECT_GE(markup.with_class("ink").size(), 20u);
  EXPECT_EQ(markup.with_class("ink").back()->text, "143");
  for (const Element* ink : markup.with_class("ink")) EXPECT_GE(std::stod(ink->text), 143.0 * 12 / 16);
  EXPECT_EQ(drawn(map_of(30, 64), Frame::narrow).with_class("ink").size(), 0u);
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
  EXPECT_THAT(html, HasSubstr(".heat .warm16{fill:var(--warm16)}"));
}

}  // namespace
}  // namespace manabi::lab
