#include "lab/report/figure/heat_map_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "lab/report/figure/palette.h"

namespace manabi::lab::report {
namespace {

constexpr int kWantedTicks = 4;
constexpr double kBarHeight = 10, kLongestBar = 240;
constexpr double kWidestCell = 44, kTallestMap = 440, kLeastHeight = 8, kMostHeight = 24;
constexpr double kLongestName = 96;  // of a column, when it is turned
constexpr double kGap = 6;           // between names and cells
constexpr double kRightRoom = 5;     // half a turned name is wider than half of the narrowest cells

void check(const HeatMap& map) {
  const auto fits = [&](const std::vector<double>& row) { return row.size() == map.columns.size(); };
  if (map.values.size() != map.rows.size() || !std::ranges::all_of(map.values, fits))
    throw std::logic_error(fmt::format("HeatMap '{}': not {} rows of {} values", map.title, map.rows.size(), map.columns.size()));
  if (!map.range) return;
  const auto [low, high] = *map.range;
  if (!std::isfinite(high - low) || low >= high)
    throw std::logic_error(fmt::format("HeatMap '{}': no range from {} to {}", map.title, low, high));
}

std::vector<double> all_values(const HeatMap& map) {
  std::vector<double> values;
  for (const std::vector<double>& row : map.values) values.insert(values.end(), row.begin(), row.end());
  return values;
}

// The larger distance from 0 in both directions, so that equal distances have equal strength.
std::vector<double> mirrored(const std::vector<double>& values) {
  std::vector<double> both;
  for (const double value : values) both.insert(both.end(), {value, -value});
  return both;
}

// Round values inside the range and both its ends, these marked where values lie beyond them.
Axis axis_between(double low, double high, const std::vector<double>& values) {
  Axis axis = linear_axis(std::vector{low, high}, kWantedTicks, false);
  axis.low = low;
  axis.high = high;
  const NumberStyle style{.decimals = decimals_for((high - low) / 4, 2)};
  const auto is_same = [&](double one, double other) { return std::abs(one - other) < 1e-9 * (high - low); };
  const auto label_of = [&](double end) {
    const auto tick = std::ranges::find_if(axis.ticks, [&](const Tick& at) { return is_same(at.value, end); });
    return tick == axis.ticks.end() ? number_text(end, style) : tick->label;
  };
  const auto any = [&](auto is_beyond) {
    return std::ranges::any_of(values, [&](double value) { return axis.takes(value) && is_beyond(value); });
  };
  const Tick first{low, (any([&](double value) { return value < low; }) ? "\xE2\x89\xA4 " : "") + label_of(low)};
  const Tick last{high, (any([&](double value) { return value > high; }) ? "\xE2\x89\xA5 " : "") + label_of(high)};
  std::erase_if(axis.ticks, [&](const Tick& tick) {
    return tick.value <= low || tick.value >= high || is_same(tick.value, low) || is_same(tick.value, high);
  });
  axis.ticks.insert(axis.ticks.begin(), first);
  axis.ticks.push_back(last);
  return axis;
}

std::string reasons_without_colour(const HeatMap& map, const Axis& colours) {
  bool is_missing = false, is_infinite = false;
  for (const double value : all_values(map)) {
    is_missing |= std::isnan(value);
    is_infinite |= !std::isnan(value) && !colours.takes(value);
  }
  if (is_missing && is_infinite) return "not measured, or infinite";
  return is_missing ? "not measured" : is_infinite ? "infinite" : "";
}

double widest_row_name(const HeatMap& map, double font_size) {
  double widest = 0;
  for (const std::string& row : map.rows) widest = std::max(widest, estimated_width(row, font_size));
  return widest;
}

double longest_column_name(const HeatMap& map, double font_size) {
  double longest = 0;
  for (size_t column = 0; column < map.columns.size(); ++column)
    longest = std::max(longest, estimated_width(column_text(map, column), font_size, column_face(map)));
  return longest;
}

size_t stride_of(double room, double cell) { return static_cast<size_t>(std::max(1.0, std::ceil(room / cell - 1e-9))); }

// The bar, its ticks, why cells have no colour, and the name of the rows, from above.
void place_legend(const HeatMap& map, HeatMapPlot& plot) {
  const auto half_width = [&](const Tick& tick) { return estimated_width(tick.label, plot.font_size) / 2; };
  plot.bar_left = std::max(plot.left, half_width(plot.colours.ticks.front()) + 1);
  plot.bar_width = std::min(kLongestBar, plot.width - plot.bar_left - half_width(plot.colours.ticks.back()) - 1);
  thin_ticks(plot.colours, plot.bar_width, plot.font_size);
  double line = plot.has_values ? kBarHeight + plot.font_size + 1 : plot.font_size;
  plot.tick_y = line;
  if (!plot.without_colour.empty()) line += plot.font_size * 1.5;
  plot.note_y = line;
  if (!map.y_label.empty()) line += plot.font_size * 1.6;
  plot.y_label_y = line;
  plot.top = line + plot.font_size * 0.8;
}

void place_cells(const HeatMap& map, HeatMapPlot& plot) {
  const auto rows = static_cast<double>(map.rows.size()), columns = static_cast<double>(map.columns.size());
  plot.cell_width = std::min(kWidestCell, (plot.width - plot.left - kRightRoom) / std::max(columns, 1.0));
  plot.cell_height = std::clamp(kTallestMap / std::max(rows, 1.0), kLeastHeight, kMostHeight);
  plot.bottom = plot.top + rows * plot.cell_height;
  plot.row_stride = stride_of(plot.font_size * 1.1, plot.cell_height);
}

// Side by side where every name fits over its column, otherwise turned.
void place_column_names(const HeatMap& map, HeatMapPlot& plot) {
  const double longest = longest_column_name(map, plot.name_size);
  plot.turns_column_names = longest + 4 > plot.cell_width;
  plot.column_name_length = std::min(longest, plot.turns_column_names ? kLongestName : plot.cell_width);
  if (plot.turns_column_names) plot.column_stride = stride_of(plot.name_size * 1.15, plot.cell_width);
  const double below = plot.bottom + kGap + (plot.turns_column_names ? plot.column_name_length : plot.name_size);
  plot.x_label_y = below + plot.font_size * 1.5;
  plot.height = std::ceil((map.x_label.empty() ? below : plot.x_label_y) + plot.font_size * 0.4);
}

}  // namespace

Axis colour_axis(const HeatMap& map) {
  check(map);
  const std::vector<double> values = all_values(map);
  if (map.range) return axis_between(map.range->first, map.range->second, values);
  const Axis rounded = linear_axis(map.is_diverging ? mirrored(values) : values, kWantedTicks, false);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!rounded.takes(value)) continue;
    low = std::min(low, map.is_diverging ? -std::abs(value) : value);
    high = std::max(high, map.is_diverging ? std::abs(value) : value);
  }
  // No values, or equal ones, lie inside a range that is not theirs; of others no colour is wasted on round ends.
  const bool is_empty = !(high - low > 1e-12 * std::max(std::abs(low), std::abs(high)));
  return is_empty ? rounded : axis_between(low, high, values);
}

int ramp_step(const HeatMap& map, const Axis& colours, double value) {
  const double drawn = std::clamp(value, colours.low, colours.high);
  const double strength = map.is_diverging ? drawn / std::max(std::abs(colours.low), std::abs(colours.high)) : colours.place(drawn);
  return static_cast<int>(std::lround(strength * static_cast<double>(kRampSteps)));
}

HeatMapPlot heat_map_plot_of(const HeatMap& map, Frame frame) {
  HeatMapPlot plot{.frame = frame, .colours = colour_axis(map), .width = frame == Frame::narrow ? 380.0 : 860.0};
  plot.has_values = std::ranges::any_of(all_values(map), [&](double value) { return plot.colours.takes(value); });
  plot.without_colour = reasons_without_colour(map, plot.colours);
  plot.row_name_width = std::min(widest_row_name(map, plot.font_size), plot.width * 0.3);
  plot.left = plot.row_name_width + kGap;
  place_legend(map, plot);
  place_cells(map, plot);
  place_column_names(map, plot);
  return plot;
}

NumberStyle style_of(const HeatMap& map) {
  const Axis colours = colour_axis(map);
  return {.decimals = decimals_for((colours.high - colours.low) / 20, 2)};
}

std::string column_text(const HeatMap& map, size_t column) { return map.has_tokens ? visible_text(map.columns[column]) : map.columns[column]; }

Face column_face(const HeatMap& map) { return map.has_tokens ? Face::monospaced : Face::sans_serif; }

std::string cell_text(double value, const NumberStyle& style) { return std::isnan(value) ? "not measured" : number_text(value, style); }

std::string description_of(const HeatMap& map) {
  struct Place {
    double value;
    size_t row, column;
  };
  const Axis colours = colour_axis(map);
  std::optional<Place> least, most;
  int64_t without_colour = 0;
  for (size_t row = 0; row < map.rows.size(); ++row) {
    for (size_t column = 0; column < map.columns.size(); ++column) {
      const double value = map.values[row][column];
      if (!colours.takes(value)) {
        ++without_colour;
        continue;
      }
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
  text += fmt::format(". Largest: {}. Smallest: {}.", told(*most), told(*least));
  if (without_colour > 0) text += fmt::format(" {}: {}.", reasons_without_colour(map, colours), count_text(without_colour));
  return text;
}

}  // namespace manabi::lab::report
