// The geometry of a line chart: its axes, the room that labels take, and where a value comes to lie. Drawing it is figure_svg's work.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lab/report.h"
#include "lab/report/figure/axis.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {

// wide: a desktop's column, series named at their right ends; narrow: a phone's, with a legend; panel: one of several side by side, whose
// legend stands outside.
enum class Frame { wide, narrow, panel };

// Which colour and marker each series has: by name, in the order of first appearance, so that a name looks the same in all figures of a page.
class SeriesLooks {
 public:
  explicit SeriesLooks(std::span<const Figure* const> figures);
  size_t index_of(const Series& series) const;  // a published series has its counterpart's
  size_t index_of_reference(const std::string& name) const;

 private:
  std::map<std::string, size_t> index_of_name_;
  std::map<std::string, size_t> index_of_reference_;
};

// What a label at the right end of the plot says, and where.
struct EndLabel {
  std::string text;
  double from = 0;  // y of what it names
  double at = 0;    // y of the text, moved so that labels do not touch
  bool is_reference = false;
  size_t look = 0;
};

struct LegendEntry {
  std::string text;
  double x = 0, y = 0;  // of the swatch's middle left
  bool is_published = false, is_reference = false;
  size_t look = 0;
};

struct Plot {
  Frame frame = Frame::wide;
  Axis x, y;
  double width = 0, height = 0;
  double left = 0, right = 0, top = 0, bottom = 0;  // the edges of the plotting area
  double font_size = 12;
  double title_y = 0, y_label_y = 0;  // baselines
  double tick_width = 0;              // room for one label of a category
  size_t tick_lines = 1;
  bool turns_tick_labels = false;
  std::vector<EndLabel> end_labels;
  std::vector<LegendEntry> legend;

  double x_of(double value) const { return left + x.place(value) * (right - left); }
  double y_of(double value) const { return bottom - std::clamp(y.place(value), 0.0, 1.0) * (bottom - top); }
};

// All y values that the axis must show: points, interval ends, reference lines. Intervals of shares end at 0 and 1.
std::vector<double> y_values(const Figure& figure);

// `shared_y` are the values of all panels of one group; empty: the figure's own.
Plot plot_of(const Figure& figure, const SeriesLooks& looks, Frame frame, std::span<const double> shared_y, bool has_title, bool has_legend);

// Digits for the figure's y values, from its intervals.
NumberStyle y_style(const Figure& figure);
// "8", or the name of the category.
std::string x_text(const Figure& figure, double x);
// "71.2% [68.0, 74.4]"
std::string point_text(const Point& point, const NumberStyle& style);

bool is_drawn(const Figure& figure, const Point& point);  // false for values that are not finite or have no place on the x axis
bool has_points(const Figure& figure);                    // that are drawn
int64_t count_left_out(const Figure& figure);

// Moves positions apart to at least `gap`, as little as possible, inside low .. high where they fit. Order is kept.
void spread(std::vector<EndLabel>& labels, double gap, double low, double high);

}  // namespace manabi::lab::report
