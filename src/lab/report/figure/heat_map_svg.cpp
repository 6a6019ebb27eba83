#include "lab/report/figure/heat_map_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "lab/report/figure/palette.h"
#include "lab/report/markup.h"

namespace manabi::lab::report {
namespace {

constexpr std::string_view kStyle = R"css(
.heat text{fill:var(--muted);font-family:inherit;font-variant-numeric:tabular-nums}
.heat .cells{stroke:var(--ground);stroke-width:.5}
.heat .missing{fill:var(--ground)}
.heat .strokes{stroke:var(--muted);stroke-width:.8;fill:none;pointer-events:none}
.heat .ink{fill:var(--ground);font-size:10.5px;pointer-events:none}
.heat .tick{stroke:var(--muted);stroke-width:1}
.heat .tokens text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
)css";

constexpr double kBarHeight = 10, kInkSize = 10.5, kSwatch = 11;

std::string step_class(int step) { return fmt::format("{}{}", step < 0 ? "cool" : "warm", std::abs(step)); }

class Drawing {
 public:
  Drawing(const HeatMap& map, const HeatMapPlot& plot)
      : map_(map),
        plot_(plot),
        style_(style_of(map)),
        ink_style_({.decimals = decimals_for((plot.colours.high - plot.colours.low) / (map.is_diverging ? 4 : 2), 2)}) {}

  std::string parts() {
    if (plot_.has_values)
      draw_bar();
    else
      put(R"(<text class="nothing" x="1" y="{:.1f}">no values to draw</text>)", plot_.tick_y);
    if (!plot_.without_colour.empty()) draw_note();
    draw_cells();
    draw_strokes();
    draw_inks();
    draw_row_names();
    draw_column_names();
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  bool has_colour(size_t row, size_t column) const { return plot_.colours.takes(map_.values[row][column]); }

  template <class Visit>
  void for_each_cell(Visit visit) const {
    for (size_t row = 0; row < map_.rows.size(); ++row) {
      for (size_t column = 0; column < map_.columns.size(); ++column) visit(row, column);
    }
  }

  // Every colour that occurs between the ends, each as wide as its share of the range.
  void draw_bar() {
    constexpr int kSamples = 2 * (2 * static_cast<int>(kRampSteps) + 1);
    const double step = plot_.bar_width / kSamples;
    put(R"(<g class="bar">)");
    for (int i = 0; i < kSamples; ++i) {
      const double value = plot_.colours.low + (plot_.colours.high - plot_.colours.low) * (i + 0.5) / kSamples;
      // Wider than a step by what would otherwise shine through between two.
      put(R"(<rect class="{}" x="{:.2f}" y="0" width="{:.2f}" height="{}"/>)", step_class(ramp_step(map_, plot_.colours, value)),
          plot_.bar_left + i * step, step + (i + 1 < kSamples ? 0.5 : 0), kBarHeight);
    }
    put("</g>");
    for (const Tick& tick : plot_.colours.ticks) {
      const double x = plot_.bar_left + plot_.colours.place(tick.value) * plot_.bar_width;
      put(R"(<line class="tick" x1="{x:.1f}" y1="{}" x2="{x:.1f}" y2="{}"/>)", kBarHeight, kBarHeight + 3, fmt::arg("x", x));
      put(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", x, plot_.tick_y + 1, escape(tick.label));
    }
    // Where it does not fit, the caption alone says it.
    const double x = plot_.bar_left + plot_.bar_width + 12;
    if (!map_.unit.empty() && estimated_width(map_.unit, plot_.font_size) <= plot_.width - x)
      put(R"(<text x="{:.1f}" y="{}">{}</text>)", x, kBarHeight, escape(map_.unit));
  }

  void draw_note() {
    const double y = plot_.note_y - kSwatch + 1, x = std::min(plot_.left, plot_.width / 2);
    put(R"(<path class="strokes" d="M{x:.1f} {y:.1f}h{s}v{s}h-{s}Zl{s} {s}"/>)", fmt::arg("x", x), fmt::arg("y", y), fmt::arg("s", kSwatch));
    put(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", x + kSwatch + 6, plot_.note_y, plot_.without_colour);
  }

  void draw_cells() {
    put(R"(<g class="cells">)");
    for_each_cell([&](size_t row, size_t column) {
      const double value = map_.values[row][column];
      put(R"(<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}")",
          has_colour(row, column) ? step_class(ramp_step(map_, plot_.colours, value)) : "missing", plot_.x_of(column), plot_.y_of(row),
          plot_.cell_width, plot_.cell_height);
      // The narrow picture is for touch screens, which show no titles.
      if (plot_.frame == Frame::narrow)
        put("/>");
      else
        put("><title>{}, {}: {}</title></rect>", escape(map_.rows[row]), escape(column_text(map_, column)), escape(cell_text(value, style_)));
    });
    put("</g>");
  }

  // Through cells without a colour, so that they are not taken for small values.
  void draw_strokes() {
    std::string path;
    for_each_cell([&](size_t row, size_t column) {
      if (has_colour(row, column)) return;
      path +=
          fmt::format("M{:.1f} {:.1f}l{:.1f} {:.1f}", plot_.x_of(column) + 1, plot_.y_of(row) + 1, plot_.cell_width - 2, plot_.cell_height - 2);
    });
    if (!path.empty()) put(R"(<path class="strokes" d="{}"/>)", path);
  }

  // The numbers of the strongest cells, where there is room.
  void draw_inks() {
    if (plot_.cell_height < kInkSize + 3) return;
    for_each_cell([&](size_t row, size_t column) {
      const double value = map_.values[row][column];
      if (!has_colour(row, column) || std::abs(ramp_step(map_, plot_.colours, value)) < static_cast<int>(kFirstInkedStep)) return;
      const std::string text = number_text(value, ink_style_);
      if (estimated_width(text, kInkSize) + 4 > plot_.cell_width) return;
      put(R"(<text class="ink" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", plot_.x_of(column) + plot_.cell_width / 2,
          plot_.y_of(row) + plot_.cell_height / 2 + kInkSize * 0.35, text);
    });
  }

  void draw_row_names() {
    for (size_t row = 0; row < map_.rows.size(); row += plot_.row_stride)
      put(R"(<text class="row" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", plot_.left - 6,
          plot_.y_of(row) + plot_.cell_height / 2 + plot_.font_size * 0.35,
          escape(shortened(map_.rows[row], plot_.font_size, plot_.row_name_width)));
    if (!map_.y_label.empty())
      put(R"(<text x="1" y="{:.1f}">{}</text>)", plot_.y_label_y, escape(shortened(map_.y_label, plot_.font_size, plot_.width - 2)));
  }

  void draw_column_names() {
    put(R"(<g class="{}" font-size="{}">)", map_.has_tokens ? "tokens" : "names", plot_.name_size);
    for (size_t column = 0; column < map_.columns.size(); column += plot_.column_stride) {
      const std::string name = escape(shortened(column_text(map_, column), plot_.name_size, plot_.column_name_length, column_face(map_)));
      const double middle = plot_.x_of(column) + plot_.cell_width / 2, y = plot_.bottom + 6;
      if (plot_.turns_column_names)
        put(R"svg(<text class="column" transform="translate({:.2f} {:.1f}) rotate(-90)" text-anchor="end">{}</text>)svg",
            middle + plot_.name_size * 0.35, y, name);
      else
        put(R"(<text class="column" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", middle, y + plot_.name_size * 0.8, name);
    }
    put("</g>");
    if (!map_.x_label.empty())
      put(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", plot_.left, plot_.x_label_y,
          escape(shortened(map_.x_label, plot_.font_size, plot_.width - plot_.left)));
  }

  const HeatMap& map_;
  const HeatMapPlot& plot_;
  NumberStyle style_;      // of a cell that is pointed at
  NumberStyle ink_style_;  // of a number inside a cell
  std::string text_;
};

}  // namespace

std::string heat_map_style() {
  std::string style(kStyle);
  style += ".heat .warm0{fill:var(--zero)}";
  for (size_t step = 1; step <= kRampSteps; ++step)
    style += fmt::format(".heat .warm{0}{{fill:var(--warm{0})}}.heat .cool{0}{{fill:var(--cool{0})}}", step);
  return style;
}

std::string heat_map_svg(const HeatMap& map, Frame frame, const std::string& id) {
  const HeatMapPlot plot = heat_map_plot_of(map, frame);
  const std::string svg = fmt::format(
      R"(<svg class="plot heat {}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{id}-title {id}-about" viewBox="0 0 {:.0f} {:.0f}" font-size="{}"><title id="{id}-title">{}</title><desc id="{id}-about">{}</desc>)",
      frame == Frame::narrow ? "narrow" : "wide", plot.width, plot.height, plot.font_size, escape(map.title.empty() ? "Map" : map.title),
      escape(description_of(map)), fmt::arg("id", id));
  return svg + Drawing(map, plot).parts() + "</svg>";
}

}  // namespace manabi::lab::report
