// The geometry of a heat map: the range of its colours, the room that names take, and where a cell comes to lie. Drawing it is heat_map_svg's
// work.
#pragma once

#include <string>

#include "lab/report.h"
#include "lab/report/figure/axis.h"
#include "lab/report/figure/figure_plot.h"
#include "lab/report/markup.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {

// The values at both ends of the colours, and round ones between them. Throws std::logic_error, an internal error, for values that are not one a
// row and column, and for a range without an inside.
Axis colour_axis(const HeatMap& map);

// Which step of the ramps a value has: 0 to kRampSteps upwards, below 0 down to -kRampSteps in a diverging map.
int ramp_step(const HeatMap& map, const Axis& colours, double value);

struct HeatMapPlot {
  Frame frame = Frame::wide;
  Axis colours;                // its ticks are those that fit under the bar
  bool has_values = false;     // any that has a colour
  std::string without_colour;  // why cells have none, "not measured"; empty when all have one
  double width = 0, height = 0;
  double font_size = 12, name_size = 11;  // name_size: of columns
  double left = 0, top = 0, bottom = 0;   // the edges of the cells
  double cell_width = 0, cell_height = 0;
  double bar_left = 0, bar_width = 0;
  double tick_y = 0, note_y = 0, y_label_y = 0, x_label_y = 0;  // baselines
  double row_name_width = 0, column_name_length = 0;            // the most that a name may take
  bool turns_column_names = false;
  size_t row_stride = 1, column_stride = 1;  // every how many rows and columns a name fits

  double x_of(size_t column) const { return left + static_cast<double>(column) * cell_width; }
  double y_of(size_t row) const { return bottom - static_cast<double>(row + 1) * cell_height; }  // the upper edge
};

HeatMapPlot heat_map_plot_of(const HeatMap& map, Frame frame);

// Digits for the map's values, from the range of its colours.
NumberStyle style_of(const HeatMap& map);
// A name as it is drawn: of a token, its white space too.
std::string column_text(const HeatMap& map, size_t column);
Face column_face(const HeatMap& map);
// "0.512", "∞", "not measured"
std::string cell_text(double value, const NumberStyle& style);
// What the map shows in words: the largest and the smallest value and where they are, and how many cells have no colour.
std::string description_of(const HeatMap& map);

}  // namespace manabi::lab::report
