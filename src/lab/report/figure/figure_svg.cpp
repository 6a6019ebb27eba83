#include "lab/report/figure/figure_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

#include "lab/report/figure/palette.h"
#include "lab/report/markup.h"

namespace manabi::lab::report {
namespace {

constexpr std::string_view kFigureStyle = R"css(
.plot text{fill:var(--muted);font-family:inherit;font-variant-numeric:tabular-nums}
.plot .title{fill:var(--text);font-weight:600}
.plot .grid{stroke:var(--grid);stroke-width:1}
.plot .base{stroke:var(--muted);stroke-width:1}
.plot .break{stroke:var(--ground);stroke-width:4}
.plot .reference{stroke:var(--muted);stroke-width:1.25;fill:none}
.plot .legend{fill:var(--text)}
.plot .ended{fill:currentColor}
.plot .back{fill:var(--ground)}
.plot .lead{stroke:var(--muted);stroke-width:.75;fill:none}
.plot .band{fill:currentColor;fill-opacity:.1;stroke:none}
.plot .line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.plot .published .line{stroke-width:1.75;stroke-dasharray:6 4;stroke-linecap:butt}
.plot .whisker{stroke:currentColor;stroke-width:1.5}
.plot .mark{fill:currentColor;stroke:var(--ground);stroke-width:1.25}
.plot .published .mark{fill:var(--ground);stroke:currentColor;stroke-width:1.5}
.plot.panel .whisker{stroke-width:1}
.plot.panel .mark{stroke-width:.75}
.plot.panel .line{stroke-width:1.75}
.plot .lit .mark{stroke:currentColor;stroke-width:3}
.plot .touch{fill:transparent;stroke:none}
.plot .nothing{fill:var(--muted);font-style:italic}
.s0{color:var(--s0)}.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}
.s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s7{color:var(--s7)}
)css";

using Out = std::back_insert_iterator<std::string>;

std::string series_class(size_t look, bool is_published) {
  return fmt::format("s{}{}", look % kSeriesColours, is_published ? " published" : "");
}

std::string_view reference_dashes(size_t look) {
  constexpr std::array<std::string_view, 4> kDashes{"1.5 3.5", "9 3 1.5 3", "4 3", "12 3"};
  return kDashes[look % kDashes.size()];
}

// One of six shapes around (x, y), of about equal area.
std::string mark_path(size_t look, double x, double y, double radius) {
  const auto polygon = [&](std::span<const std::pair<double, double>> corners) {
    std::string path;
    for (const auto& [dx, dy] : corners) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x + dx * radius, y + dy * radius);
    return path + "Z";
  };
  using Corners = std::vector<std::pair<double, double>>;
  switch ((look + look / kSeriesColours) % 6) {
    case 0:
      return fmt::format("M{:.1f} {:.1f}a{r:.2f} {r:.2f} 0 1 0 {d:.2f} 0a{r:.2f} {r:.2f} 0 1 0 -{d:.2f} 0Z", x - radius, y,
                         fmt::arg("r", radius), fmt::arg("d", 2 * radius));
    case 1:
      return polygon(Corners{{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2:
      return polygon(Corners{{0, -1.25}, {1.2, .85}, {-1.2, .85}});
    case 3:
      return polygon(Corners{{0, -1.35}, {1.35, 0}, {0, 1.35}, {-1.35, 0}});
    case 4:
      return polygon(Corners{{0, 1.25}, {1.2, -.85}, {-1.2, -.85}});
    default:
      return polygon(Corners{{-.45, -1.3},
                             {.45, -1.3},
                             {.45, -.45},
                             {1.3, -.45},
                             {1.3, .45},
                             {.45, .45},
                             {.45, 1.3},
                             {-.45, 1.3},
                             {-.45, .45},
                             {-1.3, .45},
                             {-1.3, -.45},
                             {-.45, -.45}});
  }
}

// Writes the parts of one plot in the order in which they lie on each other.
class Drawing {
 public:
  Drawing(const Figure& figure, const SeriesLooks& looks, const Plot& plot)
      : figure_(figure), looks_(looks), plot_(plot), style_(y_style(figure)) {}

  std::string parts() {
    draw_y_axis();
    draw_x_axis();
    draw_reference_lines();
    for (size_t index = 0; index < figure_.series.size(); ++index) draw_series_lines(index);
    for (size_t index = 0; index < figure_.series.size(); ++index) draw_series_points(index);
    draw_end_labels();
    draw_legend();
    if (!has_points(figure_)) draw_emptiness();
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(Out(text_), format, std::forward<Arguments>(arguments)...);
  }

  // Series of one category stand side by side.
  double shift_of(size_t index) const {
    if (figure_.x_scale != Scale::category || figure_.categories.empty()) return 0;
    const double slot = (plot_.right - plot_.left) / static_cast<double>(figure_.categories.size());
    const double step = std::min(plot_.frame == Frame::panel ? 9.0 : 15.0, slot * 0.7 / static_cast<double>(figure_.series.size()));
    return (static_cast<double>(index) - static_cast<double>(figure_.series.size() - 1) / 2) * step;
  }

  double x_at(size_t index, const Point& point) const { return plot_.x_of(point.x) + shift_of(index); }

  bool has_interval(const Point& point) const { return point.low && point.high && plot_.y.takes(*point.low) && plot_.y.takes(*point.high); }

  void draw_y_axis() {
    for (const Tick& tick : plot_.y.ticks) {
      const double y = plot_.y_of(tick.value);
      put(R"(<line class="grid" x1="{:.1f}" y1="{y:.1f}" x2="{:.1f}" y2="{y:.1f}"/>)", plot_.left, plot_.right, fmt::arg("y", y));
      put(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", plot_.left - 7, y + plot_.font_size * 0.35, tick.label);
    }
    if (!figure_.y_label.empty()) {
      const std::string label = shortened(figure_.y_label, plot_.font_size, plot_.width - 4);
      put(R"(<text x="1" y="{:.1f}">{}</text>)", plot_.y_label_y, escape(label));
    }
  }

  void draw_x_axis() {
    put(R"(<line class="base" x1="{:.1f}" y1="{y:.1f}" x2="{:.1f}" y2="{y:.1f}"/>)", plot_.left, plot_.right, fmt::arg("y", plot_.bottom));
    for (const Tick& tick : plot_.x.ticks) draw_x_tick(tick);
    if (plot_.x.kind == Axis::Kind::log2 && plot_.x.has_zero && plot_.x.ticks.size() > 1) draw_axis_break();
    if (figure_.x_label.empty()) return;
    const std::string label = shortened(figure_.x_label, plot_.font_size, plot_.right - plot_.left);
    put(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", (plot_.left + plot_.right) / 2, plot_.height - plot_.font_size * 0.4,
        escape(label));
  }

  void draw_x_tick(const Tick& tick) {
    const double x = plot_.x_of(tick.value);
    put(R"(<line class="base" x1="{x:.1f}" y1="{:.1f}" x2="{x:.1f}" y2="{:.1f}"/>)", plot_.bottom, plot_.bottom + 4, fmt::arg("x", x));
    const double y = plot_.bottom + plot_.font_size * 1.45;
    if (plot_.turns_tick_labels) {
      put(R"svg(<text text-anchor="end" transform="translate({:.1f} {:.1f}) rotate(-45)">{}</text>)svg", x + plot_.font_size * 0.4, y,
          escape(shortened(tick.label, plot_.font_size, plot_.tick_width)));
      return;
    }
    const bool is_category = figure_.x_scale == Scale::category;
    const std::vector<std::string> lines =
        is_category ? wrapped(tick.label, plot_.font_size, plot_.tick_width, plot_.tick_lines) : std::vector{tick.label};
    for (size_t line = 0; line < lines.size(); ++line) {
      put(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", x, y + static_cast<double>(line) * plot_.font_size * 1.2,
          escape(lines[line]));
    }
  }

  // Two strokes across the base line: 0 has no place on a logarithmic axis.
  void draw_axis_break() {
    const double x = (plot_.x_of(0) + plot_.x_of(plot_.x.ticks[1].value)) / 2;
    put(R"(<line class="break" x1="{:.1f}" y1="{y:.1f}" x2="{:.1f}" y2="{y:.1f}"/>)", x - 2.5, x + 2.5, fmt::arg("y", plot_.bottom));
    for (const double shift : {-2.5, 2.5}) {
      put(R"(<line class="base" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x + shift - 2, plot_.bottom + 4, x + shift + 2,
          plot_.bottom - 4);
    }
  }

  void draw_reference_lines() {
    for (const auto& [name, value] : figure_.reference_lines) {
      if (!plot_.y.takes(value)) continue;
      put(R"(<line class="reference" stroke-dasharray="{}" x1="{:.1f}" y1="{y:.1f}" x2="{:.1f}" y2="{y:.1f}"/>)",
          reference_dashes(looks_.index_of_reference(name)), plot_.left, plot_.right, fmt::arg("y", plot_.y_of(value)));
    }
  }

  // Runs of neighbouring points that are drawn: a value that is not finite leaves a gap.
  template <class Keep>
  std::vector<std::vector<Point>> runs(const Series& series, Keep keep) const {
    std::vector<std::vector<Point>> found(1);
    for (const Point& point : series.points) {
      if (is_drawn(figure_, point) && keep(point))
        found.back().push_back(point);
      else if (!found.back().empty())
        found.emplace_back();
    }
    return found;
  }

  void draw_series_lines(size_t index) {
    if (figure_.x_scale == Scale::category || !figure_.connects_points) return;
    const Series& series = figure_.series[index];
    put(R"(<g class="{}">)", series_class(looks_.index_of(series), series.is_published));
    for (const std::vector<Point>& run : runs(series, [&](const Point& point) { return has_interval(point); })) {
      if (run.size() > 1) draw_band(index, run);
    }
    for (const std::vector<Point>& run : runs(series, [](const Point&) { return true; })) {
      if (run.size() < 2) continue;
      std::string path;
      for (const Point& point : run) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_at(index, point), plot_.y_of(point.y));
      put(R"(<path class="line" d="{}"/>)", path);
    }
    text_ += "</g>";
  }

  void draw_band(size_t index, const std::vector<Point>& run) {
    std::string path;
    for (const Point& point : run) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_at(index, point), plot_.y_of(*point.high));
    for (auto point = run.rbegin(); point != run.rend(); ++point)
      path += fmt::format("L{:.1f} {:.1f}", x_at(index, *point), plot_.y_of(*point->low));
    put(R"(<path class="band" d="{}Z"/>)", path);
  }

  void draw_series_points(size_t index) {
    const Series& series = figure_.series[index];
    const size_t look = looks_.index_of(series);
    put(R"(<g class="{}">)", series_class(look, series.is_published));
    for (const Point& point : series.points) {
      if (is_drawn(figure_, point)) draw_point(index, look, point);
    }
    text_ += "</g>";
  }

  void draw_point(size_t index, size_t look, const Point& point) {
    const double x = x_at(index, point), y = plot_.y_of(point.y);
    const std::string at = x_text(figure_, point.x), value = point_text(point, style_);
    const std::string sample = point.n > 0 ? "n = " + count_text(point.n) : "";
    const Series& series = figure_.series[index];
    put(R"(<g class="point" data-x="{}" data-series="{}" data-value="{}" data-n="{}">)", escape(at), escape(series.name), value, sample);
    put("<title>{}, {}: {}{}</title>", escape(series.name), escape(at), value, sample.empty() ? "" : ", " + sample);
    if (has_interval(point)) {
      put(R"(<line class="whisker" x1="{x:.1f}" y1="{:.1f}" x2="{x:.1f}" y2="{:.1f}"/>)", plot_.y_of(*point.low), plot_.y_of(*point.high),
          fmt::arg("x", x));
    }
    const bool is_panel = plot_.frame == Frame::panel;
    put(R"(<path class="mark" d="{}"/>)", mark_path(look, x, y, is_panel ? 2.6 : 4.2));
    put(R"(<circle class="touch" cx="{:.1f}" cy="{:.1f}" r="{}"/></g>)", x, y, is_panel ? 7 : 10);
  }

  void draw_end_labels() {
    for (const EndLabel& label : plot_.end_labels) {
      const double x = plot_.right + 8;
      put(R"(<path class="lead" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>)", plot_.right + 1, label.from, x + 8, label.at);
      const std::string kind = label.is_reference ? "" : fmt::format(R"( class="s{} ended")", label.look % kSeriesColours);
      put(R"(<text x="{:.1f}" y="{:.1f}"{}>{}</text>)", x + 12, label.at + plot_.font_size * 0.35, kind, escape(label.text));
    }
  }

  void draw_legend() {
    for (const LegendEntry& entry : plot_.legend) {
      put(R"svg(<g transform="translate({:.1f} {:.1f})">)svg", entry.x, entry.y - 8);
      draw_swatch(entry);
      put(R"(<text class="legend" x="32" y="{:.1f}">{}</text></g>)", 4 + plot_.font_size * 0.35, escape(entry.text));
    }
  }

  void draw_emptiness() {
    put(R"(<text class="nothing" x="{:.1f}" y="{:.1f}" text-anchor="middle">no values to draw</text>)", (plot_.left + plot_.right) / 2,
        (plot_.top + plot_.bottom) / 2);
  }

  void draw_swatch(const LegendEntry& entry);

  const Figure& figure_;
  const SeriesLooks& looks_;
  const Plot& plot_;
  const NumberStyle style_;
  std::string text_;
};

// A swatch is 26 wide and 8 high.
std::string swatch_parts(const LegendEntry& entry) {
  if (entry.is_reference) return fmt::format(R"(<path class="reference" stroke-dasharray="{}" d="M0 4L26 4"/>)", reference_dashes(entry.look));
  return fmt::format(R"(<g class="{}"><path class="line" d="M1 4L25 4"/><path class="mark" d="{}"/></g>)",
                     series_class(entry.look, entry.is_published), mark_path(entry.look, 13, 4, 3.6));
}

void Drawing::draw_swatch(const LegendEntry& entry) { text_ += swatch_parts(entry); }

std::string extent_text(const Figure& figure, const Series& series, const NumberStyle& style) {
  std::optional<Point> first, last;
  for (const Point& point : series.points) {
    if (!is_drawn(figure, point)) continue;
    if (!first) first = point;
    last = point;
  }
  if (!first) return series.name + ": no values";
  std::string text = fmt::format("{}: {} at {}", series.name, number_text(first->y, style), x_text(figure, first->x));
  if (last->x != first->x) text += fmt::format(", {} at {}", number_text(last->y, style), x_text(figure, last->x));
  return text;
}

}  // namespace

std::string_view figure_style() { return kFigureStyle; }

std::string swatch_svg(const LegendEntry& entry) {
  return fmt::format(R"(<svg class="plot swatch" viewBox="0 -2 26 12" width="26" height="12" aria-hidden="true">{}</svg>)", swatch_parts(entry));
}

std::string description_of(const Figure& figure) {
  const NumberStyle style = y_style(figure);
  std::string text = figure.y_label.empty() ? "Values" : figure.y_label;
  if (!figure.x_label.empty()) text += " against " + figure.x_label;
  text += ".";
  for (const Series& series : figure.series) text += fmt::format(" {}.", extent_text(figure, series, style));
  for (const auto& [name, value] : figure.reference_lines) text += fmt::format(" {}: {}.", name, number_text(value, style));
  return text;
}

std::string figure_svg(const Figure& figure, const SeriesLooks& looks, const FigureOptions& options) {
  const Plot plot = plot_of(figure, looks, options.frame, options.shared_y, options.has_title, options.has_legend);
  constexpr std::string_view kFrameNames[] = {"wide", "narrow", "panel"};
  const std::string title = figure.title.empty() ? "Figure" : figure.title;
  std::string svg = fmt::format(
      R"(<svg class="plot {}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{id}-title {id}-about" data-axis="{}" viewBox="0 0 {:.0f} {:.0f}" font-size="{}"><title id="{id}-title">{}</title><desc id="{id}-about">{}</desc>)",
      kFrameNames[static_cast<size_t>(options.frame)], escape(figure.x_label), plot.width, std::ceil(plot.height), plot.font_size, escape(title),
      escape(description_of(figure)), fmt::arg("id", options.id));
  if (options.has_title && !figure.title.empty()) {
    svg += fmt::format(R"(<text class="title" x="1" y="{:.1f}" font-size="{:.1f}">{}</text>)", plot.title_y, plot.font_size * 1.15,
                       escape(shortened(figure.title, plot.font_size * 1.15, plot.width - 4)));
  }
  return svg + Drawing(figure, looks, plot).parts() + "</svg>";
}

}  // namespace manabi::lab::report

namespace manabi::lab {

std::string render_svg(const Figure& figure) {
  const Figure* const only = &figure;
  const report::SeriesLooks looks(std::span(&only, 1));
  const report::Frame frame = figure.is_small ? report::Frame::panel : report::Frame::wide;
  std::string svg = report::figure_svg(figure, looks, {.frame = frame, .id = "figure", .has_title = true});
  const std::string style = "<style>.plot{font-family:Helvetica,Arial,sans-serif}" + std::string(report::figure_style()) + "</style>";
  constexpr std::string_view kEndOfHead = "</desc>";
  svg.insert(svg.find(kEndOfHead) + kEndOfHead.size(),
             report::resolved(style, report::kLight) + R"(<rect class="back" width="100%" height="100%"/>)");
  return svg + "\n";
}

}  // namespace manabi::lab
