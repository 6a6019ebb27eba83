#include "lab/report/figure/heat_map_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "lab/report/markup.h"

namespace manabi::lab::report {
namespace {

constexpr std::string_view kStyle = R"css(
.heat text{fill:var(--muted);font-family:inherit;font-variant-numeric:tabular-nums}
.heat .up{fill:var(--s1)}.heat .down{fill:var(--s0)}
.heat .cells{stroke:var(--ground);stroke-width:.5}
.heat .empty{fill:none;stroke:var(--grid)}
.heat .frame{fill:none;stroke:var(--line)}
.heat .tokens{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
)css";

constexpr double kFontSize = 12, kLabelGap = 6, kBarHeight = 10, kBarRoom = 40;
constexpr double kTurn = 55;         // degrees by which column names are turned
constexpr double kLongestName = 90;  // of a column, along itself
constexpr int kBarSteps = 32;

void check(const HeatMap& map) {
  const auto fits = [&](const std::vector<double>& row) { return row.size() == map.columns.size(); };
  if (map.values.size() != map.rows.size() || !std::ranges::all_of(map.values, fits))
    throw std::logic_error(fmt::format("HeatMap '{}': not {} rows of {} values", map.title, map.rows.size(), map.columns.size()));
}

struct Range {
  double low = 0, high = 1;
};

// Of what is finite; a diverging one reaches as far on either side of 0.
Range range_of(const HeatMap& map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const std::vector<double>& row : map.values) {
    for (const double value : row) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) return {};
  if (map.is_diverging) {
    const double reach = std::max({std::abs(low), std::abs(high), std::numeric_limits<double>::min()});
    return {-reach, reach};
  }
  return low == high ? Range{low - 1, high} : Range{low, high};
}

// How strongly a value is coloured, -1 to 1; negative values of a diverging map have the other colour.
double strength_of(const HeatMap& map, const Range& range, double value) {
  return map.is_diverging ? value / range.high : (value - range.low) / (range.high - range.low);
}

std::string fill_of(double strength) {
  return fmt::format(R"(class="{}" fill-opacity="{:.3f}")", strength < 0 ? "down" : "up", std::min(1.0, std::abs(strength)));
}

struct Layout {
  double width = 0, left = 0, top = kBarRoom, cell_width = 0, cell_height = 0, bottom = 0, height = 0;
};

double longest_name(const HeatMap& map) {
  double longest = 0;
  for (size_t column = 0; column < map.columns.size(); ++column)
    longest = std::max(longest, estimated_width(column_text(map, column), kFontSize));
  return std::min(longest, kLongestName);
}

Layout layout_of(const HeatMap& map, Frame frame) {
  Layout layout{.width = frame == Frame::narrow ? 380.0 : 860.0};
  double widest = 0;
  for (const std::string& row : map.rows) widest = std::max(widest, estimated_width(row, kFontSize));
  layout.left = std::min(widest, layout.width * 0.3) + kLabelGap + (map.y_label.empty() ? 0 : kFontSize * 1.6);
  const auto rows = static_cast<double>(std::max<size_t>(1, map.rows.size())),
             columns = static_cast<double>(std::max<size_t>(1, map.columns.size()));
  layout.cell_width = std::min(44.0, (layout.width - layout.left - 1) / columns);
  layout.cell_height = std::clamp(440 / rows, 8.0, 24.0);
  layout.bottom = layout.top + rows * layout.cell_height;
  layout.height = layout.bottom + longest_name(map) * std::sin(kTurn * M_PI / 180) + kFontSize * (map.x_label.empty() ? 1.2 : 2.8);
  return layout;
}

class Drawing {
 public:
  Drawing(const HeatMap& map, Frame frame)
      : map_(map), frame_(frame), layout_(layout_of(map, frame)), range_(range_of(map)), style_(style_of(map)) {}

  const Layout& layout() const { return layout_; }

  std::string parts() {
    draw_bar();
    draw_cells();
    draw_row_names();
    draw_column_names();
    return std::move(text_);
  }

 private:
  double x_of(size_t column) const { return layout_.left + static_cast<double>(column) * layout_.cell_width; }
  double y_of(size_t row) const { return layout_.bottom - static_cast<double>(row + 1) * layout_.cell_height; }

  // The colours from the lowest to the highest value.
  void draw_bar() {
    const double width = std::min(240.0, layout_.width - layout_.left), step = width / kBarSteps;
    for (int i = 0; i < kBarSteps; ++i) {
      const double value = range_.low + (range_.high - range_.low) * (i + 0.5) / kBarSteps;
      text_ += fmt::format(R"(<rect x="{:.1f}" y="0" width="{:.2f}" height="{}" {}/>)", layout_.left + i * step, step, kBarHeight,
                           fill_of(strength_of(map_, range_, value)));
    }
    text_ += fmt::format(R"(<rect class="frame" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>)", layout_.left, width, kBarHeight);
    const double middle = (range_.low + range_.high) / 2;
    for (const auto& [share, value, anchor] : {std::tuple{0.0, range_.low, "start"}, {0.5, middle, "middle"}, {1.0, range_.high, "end"}})
      text_ += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", layout_.left + share * width, kBarHeight + kFontSize + 1,
                           anchor, escape(number_text(value, style_)));
    const double room = layout_.width - layout_.left - width - 12;
    if (!map_.unit.empty() && room > 60)
      text_ += fmt::format(R"(<text x="{:.1f}" y="{}">{}</text>)", layout_.left + width + 10, kBarHeight,
                           escape(shortened(map_.unit, kFontSize, room)));
  }

  void draw_cells() {
    text_ += R"(<g class="cells">)";
    for (size_t row = 0; row < map_.rows.size(); ++row) {
      for (size_t column = 0; column < map_.columns.size(); ++column) {
        const double value = map_.values[row][column];
        const std::string look = std::isfinite(value) ? fill_of(strength_of(map_, range_, value)) : R"(class="empty")";
        text_ += fmt::format(R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" {})", x_of(column), y_of(row), layout_.cell_width,
                             layout_.cell_height, look);
        // The narrow picture is for touch screens, which show no titles.
        text_ += frame_ == Frame::narrow
                     ? "/>"
                     : fmt::format("><title>{}, {}: {}</title></rect>", escape(map_.rows[row]), escape(column_text(map_, column)),
                                   escape(std::isfinite(value) ? number_text(value, style_) : "not measured"));
      }
    }
    text_ += "</g>";
  }

  // As many names as fit.
  void draw_row_names() {
    const auto every = static_cast<size_t>(std::ceil((kFontSize + 1) / layout_.cell_height));
    for (size_t row = 0; row < map_.rows.size(); row += every)
      text_ +=
          fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", layout_.left - kLabelGap,
                      y_of(row) + layout_.cell_height / 2 + kFontSize * 0.35, escape(shortened(map_.rows[row], kFontSize, layout_.width * 0.3)));
    if (!map_.y_label.empty())
      text_ += fmt::format(R"svg(<text transform="translate({:.1f} {:.1f}) rotate(-90)" text-anchor="middle">{}</text>)svg", kFontSize,
                           (layout_.top + layout_.bottom) / 2, escape(shortened(map_.y_label, kFontSize, layout_.bottom - layout_.top)));
  }

  void draw_column_names() {
    const auto every = static_cast<size_t>(std::ceil((kFontSize + 2) / layout_.cell_width));
    text_ += map_.has_tokens ? R"(<g class="tokens">)" : "<g>";
    for (size_t column = 0; column < map_.columns.size(); column += every)
      text_ += fmt::format(R"svg(<text transform="translate({:.1f} {:.1f}) rotate(-{})" text-anchor="end">{}</text>)svg",
                           x_of(column) + layout_.cell_width / 2 + kFontSize * 0.3, layout_.bottom + kFontSize * 0.9, kTurn,
                           escape(shortened(column_text(map_, column), kFontSize, kLongestName)));
    text_ += "</g>";
    if (!map_.x_label.empty())
      text_ += fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", layout_.left, layout_.height - kFontSize * 0.4,
                           escape(shortened(map_.x_label, kFontSize, layout_.width - layout_.left)));
  }

  const HeatMap& map_;
  Frame frame_;
  Layout layout_;
  Range range_;
  NumberStyle style_;
  std::string text_;
};

}  // namespace

std::string_view heat_map_style() { return kStyle; }

NumberStyle style_of(const HeatMap& map) {
  const Range range = range_of(map);
  return {.decimals = decimals_for((range.high - range.low) / 20, 2)};
}

std::string column_text(const HeatMap& map, size_t column) {
  if (!map.has_tokens) return map.columns[column];
  std::string text;
  for (const Glyph& glyph : glyphs_of(map.columns[column])) {
    if (glyph.code == ' ' && glyph.is_valid)
      text += "\xC2\xB7";  // a middle dot
    else if (glyph.code == '\n' && glyph.is_valid)
      text += "\xE2\x8F\x8E";  // a return symbol
    else
      text += glyph.bytes;
  }
  return text;
}

std::string description_of(const HeatMap& map) {
  struct Place {
    double value;
    size_t row, column;
  };
  std::optional<Place> least, most;
  for (size_t row = 0; row < map.values.size(); ++row) {
    for (size_t column = 0; column < map.values[row].size(); ++column) {
      const double value = map.values[row][column];
      if (!std::isfinite(value)) continue;
      if (!least || value < least->value) least = {value, row, column};
      if (!most || value > most->value) most = {value, row, column};
    }
  }
  std::string text = fmt::format("{} by {} values", map.rows.size(), map.columns.size());
  if (!map.unit.empty()) text += ": " + map.unit;
  if (!most) return text + ". No values.";
  const NumberStyle style = style_of(map);
  const auto told = [&](const Place& place) {
    return fmt::format("{} at {}, {}", number_text(place.value, style), map.rows[place.row], column_text(map, place.column));
  };
  return fmt::format("{}. Largest: {}. Smallest: {}.", text, told(*most), told(*least));
}

std::string heat_map_svg(const HeatMap& map, Frame frame, const std::string& id) {
  check(map);
  Drawing drawing(map, frame);
  const std::string svg = fmt::format(
      R"(<svg class="plot heat {}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{id}-title {id}-about" viewBox="0 0 {:.0f} {:.0f}" font-size="{}"><title id="{id}-title">{}</title><desc id="{id}-about">{}</desc>)",
      frame == Frame::narrow ? "narrow" : "wide", drawing.layout().width, std::ceil(drawing.layout().height), kFontSize,
      escape(map.title.empty() ? "Map" : map.title), escape(description_of(map)), fmt::arg("id", id));
  return svg + drawing.parts() + "</svg>";
}

}  // namespace manabi::lab::report
