#include "lab/report/figure/figure_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lab/report/markup.h"

namespace manabi::lab::report {
namespace {

constexpr double kSwatchWidth = 26;
constexpr double kLegendGap = 18;
constexpr double kWidestEndLabel = 190;
constexpr size_t kTickLines = 3;

struct FrameSize {
  double width, height, font_size;
};

FrameSize size_of(Frame frame) {
  if (frame == Frame::wide) return {860, 380, 12.5};
  if (frame == Frame::narrow) return {380, 330, 12.5};
  return {240, 200, 12.5};
}

Axis x_axis(const Figure& figure) {
  if (figure.x_scale == Scale::category) return category_axis(figure.categories);
  std::vector<double> values;
  for (const Series& series : figure.series) {
    for (const Point& point : series.points) values.push_back(point.x);
  }
  return figure.x_scale == Scale::log2 ? log2_axis(values) : linear_axis(values, 6, false);
}

double widest_label(const Axis& axis, double font_size) {
  double widest = 0;
  for (const Tick& tick : axis.ticks) widest = std::max(widest, estimated_width(tick.label, font_size));
  return widest;
}

const Point* last_drawn(const Figure& figure, const Series& series) {
  const auto found = std::find_if(series.points.rbegin(), series.points.rend(), [&](const Point& point) { return is_drawn(figure, point); });
  return found == series.points.rend() ? nullptr : &*found;
}

// Labels at the right ends, unless a series ends earlier (its label would point at nothing) or has a name too long for the margin.
std::vector<EndLabel> end_labels_of(const Figure& figure, const SeriesLooks& looks, const Plot& plot) {
  std::vector<EndLabel> labels;
  double last_x = -std::numeric_limits<double>::infinity();
  for (const Series& series : figure.series) {
    if (const Point* point = last_drawn(figure, series)) last_x = std::max(last_x, point->x);
  }
  for (const Series& series : figure.series) {
    const Point* point = last_drawn(figure, series);
    if (!point) continue;
    if (point->x < last_x || estimated_width(series.name, plot.font_size) > kWidestEndLabel) return {};
    labels.push_back({.text = series.name, .from = point->y, .look = looks.index_of(series)});
  }
  for (const auto& [name, value] : figure.reference_lines) {
    if (estimated_width(name, plot.font_size) > kWidestEndLabel) return {};
    if (plot.y.takes(value)) labels.push_back({.text = name, .from = value, .is_reference = true, .look = looks.index_of_reference(name)});
  }
  return labels;
}

std::vector<LegendEntry> legend_of(const Figure& figure, const SeriesLooks& looks, const Plot& plot) {
  std::vector<LegendEntry> entries;
  for (const Series& series : figure.series) {
    entries.push_back({.text = series.name, .is_published = series.is_published, .look = looks.index_of(series)});
  }
  for (const auto& [name, value] : figure.reference_lines) {
    entries.push_back({.text = name + " " + number_text(value, y_style(figure)), .is_reference = true, .look = looks.index_of_reference(name)});
  }
  double x = 1, y = plot.font_size;
  for (LegendEntry& entry : entries) {
    entry.text = shortened(entry.text, plot.font_size, plot.width - kSwatchWidth - 8);
    const double width = kSwatchWidth + 6 + estimated_width(entry.text, plot.font_size);
    if (x > 1 && x + width > plot.width) {
      x = 1;
      y += plot.font_size * 1.5;
    }
    entry.x = x;
    entry.y = y;
    x += width + kLegendGap;
  }
  return entries;
}

// From the top down: title, legend, the name of the y axis; returns where the plotting area may start.
double stack_head(const Figure& figure, Plot& plot, bool has_title) {
  double y = 2;
  if (has_title && !figure.title.empty()) {
    plot.title_y = y + plot.font_size * 1.2;
    y = plot.title_y + plot.font_size * 0.7;
  }
  if (!plot.legend.empty()) {
    for (LegendEntry& entry : plot.legend) entry.y += y;
    y = plot.legend.back().y + plot.font_size;
  }
  if (!figure.y_label.empty()) {
    plot.y_label_y = y + plot.font_size;
    y = plot.y_label_y;
  }
  return y + plot.font_size * (plot.frame == Frame::panel ? 0.7 : 1.0);
}

// Below the plotting area: tick labels, turned when names of categories do not fit side by side, and the name of the x axis.
double room_below(const Figure& figure, Plot& plot) {
  const double name_room = figure.x_label.empty() ? 0 : plot.font_size * 1.5;
  if (figure.x_scale != Scale::category || plot.x.ticks.empty()) return plot.font_size * 1.9 + name_room;
  plot.tick_width = (plot.right - plot.left) / static_cast<double>(plot.x.ticks.size()) - 6;
  for (const Tick& tick : plot.x.ticks) {
    const std::vector<std::string> lines = wrapped(tick.label, plot.font_size, plot.tick_width, kTickLines);
    plot.turns_tick_labels |= lines.empty();
    plot.tick_lines = std::max(plot.tick_lines, lines.size());
  }
  if (!plot.turns_tick_labels) return plot.font_size * (0.7 + 1.2 * static_cast<double>(plot.tick_lines)) + name_room;
  const double widest = widest_label(plot.x, plot.font_size);
  plot.tick_width = plot.frame == Frame::panel ? 70 : 130;
  return std::min(widest, plot.tick_width) * 0.71 + plot.font_size * 1.9 + name_room;
}

void place_end_labels(Plot& plot) {
  for (EndLabel& label : plot.end_labels) label.from = label.at = plot.y_of(label.from);
  std::stable_sort(plot.end_labels.begin(), plot.end_labels.end(), [](const EndLabel& a, const EndLabel& b) { return a.from < b.from; });
  spread(plot.end_labels, plot.font_size * 1.25, plot.top, plot.bottom);
}

}  // namespace

SeriesLooks::SeriesLooks(std::span<const Figure* const> figures) {
  for (const Figure* figure : figures) {
    for (const Series& series : figure->series) {
      if (!series.is_published || series.counterpart.empty()) index_of_name_.try_emplace(series.name, index_of_name_.size());
    }
    for (const auto& [name, value] : figure->reference_lines) index_of_reference_.try_emplace(name, index_of_reference_.size());
  }
  for (const Figure* figure : figures) {
    for (const Series& series : figure->series) {
      if (!series.counterpart.empty()) index_of_name_.try_emplace(series.counterpart, index_of_name_.size());
    }
  }
}

size_t SeriesLooks::index_of(const Series& series) const {
  const bool has_counterpart = series.is_published && !series.counterpart.empty();
  return index_of_name_.at(has_counterpart ? series.counterpart : series.name);
}

size_t SeriesLooks::index_of_reference(const std::string& name) const { return index_of_reference_.at(name); }

std::vector<double> y_values(const Figure& figure) {
  std::vector<double> values;
  for (const Series& series : figure.series) {
    for (const Point& point : series.points) {
      if (!is_drawn(figure, point)) continue;
      const bool is_within = figure.y_is_share && point.y >= 0 && point.y <= 1;
      const double low = point.low.value_or(point.y), high = point.high.value_or(point.y);
      values.insert(values.end(), {point.y, is_within ? std::max(low, 0.0) : low, is_within ? std::min(high, 1.0) : high});
    }
  }
  for (const auto& [name, value] : figure.reference_lines) values.push_back(value);
  return values;
}

Plot plot_of(const Figure& figure, const SeriesLooks& looks, Frame frame, std::span<const double> shared_y, bool has_title, bool has_legend) {
  const FrameSize size = size_of(frame);
  Plot plot{.frame = frame, .width = size.width, .height = size.height, .font_size = size.font_size};
  const std::vector<double> own_y = y_values(figure);
  plot.x = x_axis(figure);
  const bool is_empty = !has_points(figure);
  plot.y = linear_axis(shared_y.empty() ? std::span(own_y) : shared_y, frame == Frame::panel ? 3 : 5, figure.y_is_share);
  if (is_empty) {
    plot.x.ticks.clear();
    plot.y.ticks.clear();
  }
  if (!is_empty && frame == Frame::wide && figure.x_scale != Scale::category) plot.end_labels = end_labels_of(figure, looks, plot);
  if (!is_empty && has_legend && plot.end_labels.empty()) plot.legend = legend_of(figure, looks, plot);

  double label_room = 0;
  for (const EndLabel& label : plot.end_labels) label_room = std::max(label_room, estimated_width(label.text, plot.font_size) + 26);
  plot.left = widest_label(plot.y, plot.font_size) + 10;
  plot.right = plot.width - std::max(label_room, frame == Frame::panel ? 8.0 : 14.0);
  plot.top = stack_head(figure, plot, has_title);
  const double plotting_height = is_empty ? size.font_size * 6 : plot.height - size.font_size * 5.5;
  plot.bottom = plot.top + plotting_height;
  plot.height = plot.bottom + room_below(figure, plot);
  if (figure.x_scale != Scale::category) thin_ticks(plot.x, plot.right - plot.left, plot.font_size);
  place_end_labels(plot);
  return plot;
}

NumberStyle y_style(const Figure& figure) {
  double narrowest = std::numeric_limits<double>::infinity();
  double smallest = narrowest, largest = -narrowest;
  const double unit = figure.y_is_share ? 100 : 1;
  for (const Series& series : figure.series) {
    for (const Point& point : series.points) {
      if (!is_drawn(figure, point)) continue;
      smallest = std::min(smallest, point.y);
      largest = std::max(largest, point.y);
      if (!point.low || !point.high) continue;
      const double half_width = std::abs(*point.high - *point.low) / 2;
      if (half_width > 0) narrowest = std::min(narrowest, half_width * unit);
    }
  }
  const int from_range = decimals_for((largest - smallest) * unit / 20, 2);
  const int decimals = decimals_for(narrowest, from_range);
  return {.is_share = figure.y_is_share, .decimals = figure.y_is_share ? std::min(decimals, 1) : decimals};
}

std::string x_text(const Figure& figure, double x) {
  if (figure.x_scale == Scale::category) {
    const auto index = static_cast<size_t>(x >= 0 && x < 1e9 ? x : 1e9);
    return index < figure.categories.size() ? figure.categories[index] : number_text(x, {.decimals = 0});
  }
  const bool is_whole = std::isfinite(x) && x == std::round(x);
  return number_text(x, {.decimals = is_whole ? 0 : decimals_for(std::abs(x) / 10, 2)});
}

std::string point_text(const Point& point, const NumberStyle& style) {
  std::string text = number_text(point.y, style);
  if (point.low && point.high) text.append(" ").append(interval_text(*point.low, *point.high, style));
  return text;
}

bool has_points(const Figure& figure) {
  return std::any_of(figure.series.begin(), figure.series.end(), [&](const Series& series) { return last_drawn(figure, series) != nullptr; });
}

bool is_drawn(const Figure& figure, const Point& point) {
  const Axis x = figure.x_scale == Scale::log2 ? Axis{.kind = Axis::Kind::log2, .has_zero = true} : Axis{};
  const bool has_category = figure.x_scale != Scale::category || (point.x >= 0 && point.x < static_cast<double>(figure.categories.size()));
  return x.takes(point.x) && Axis{}.takes(point.y) && has_category;
}

int64_t count_left_out(const Figure& figure) {
  int64_t count = 0;
  for (const Series& series : figure.series) {
    count += std::count_if(series.points.begin(), series.points.end(), [&](const Point& point) { return !is_drawn(figure, point); });
  }
  return count;
}

void spread(std::vector<EndLabel>& labels, double gap, double low, double high) {
  // Neighbours that touch form a group, which is centred on the mean of what its labels name and may touch the next.
  struct Group {
    size_t first, count;
    double centre;
  };
  std::vector<Group> groups;
  const auto reach = [&](const Group& group) { return static_cast<double>(group.count - 1) * gap / 2; };
  const auto settle = [&](Group& group) {
    double sum = 0;
    for (size_t index = group.first; index < group.first + group.count; ++index) sum += labels[index].from;
    const double room = std::max((high - low) / 2, reach(group));
    const double middle = (low + high) / 2;
    const double freedom = room - reach(group);
    group.centre = std::clamp(sum / static_cast<double>(group.count), middle - freedom, middle + freedom);
  };
  for (size_t index = 0; index < labels.size(); ++index) {
    groups.push_back({index, 1, labels[index].from});
    settle(groups.back());
    while (groups.size() > 1) {
      Group& upper = groups[groups.size() - 2];
      const Group& lower = groups.back();
      if (lower.centre - reach(lower) - (upper.centre + reach(upper)) >= gap) break;
      upper.count += lower.count;
      groups.pop_back();
      settle(groups.back());
    }
  }
  for (const Group& group : groups) {
    for (size_t k = 0; k < group.count; ++k) labels[group.first + k].at = group.centre - reach(group) + static_cast<double>(k) * gap;
  }
}

}  // namespace manabi::lab::report
