// Line charts as SVG. Everything that has a colour carries a class; figure_style() says what the classes look like.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lab/report/figure/figure_plot.h"

namespace manabi::lab::report {

struct FigureOptions {
  Frame frame = Frame::wide;
  std::string id;                    // prefix of the ids inside
  std::span<const double> shared_y;  // y values of all panels of a group; empty: the figure's own
  bool has_title = false;            // drawn into the picture, for a figure that stands alone
  bool has_legend = true;
};

std::string figure_svg(const Figure& figure, const SeriesLooks& looks, const FigureOptions& options);

// The rules for the classes used inside figures and swatches, in custom properties (see palette.h).
std::string_view figure_style();

// A short piece of a series' line with its marker, for legends outside the picture.
std::string swatch_svg(const LegendEntry& entry);

// What the figure shows in one sentence a series, for readers who cannot see it.
std::string description_of(const Figure& figure);

}  // namespace manabi::lab::report
