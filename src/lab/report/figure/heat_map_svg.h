// Heat maps as SVG: a colour laid over the ground, the stronger the larger the value, so that one ramp serves both schemes.
#pragma once

#include <string>
#include <string_view>

#include "lab/report.h"
#include "lab/report/figure/figure_plot.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {

// `id`: prefix of the ids inside. Throws std::logic_error, an internal error, for values that are not one a row and column.
std::string heat_map_svg(const HeatMap& map, Frame frame, const std::string& id);
std::string_view heat_map_style();

// Digits for the map's values, from their range.
NumberStyle style_of(const HeatMap& map);
// A name as it is drawn: of a token, its spaces and line breaks too.
std::string column_text(const HeatMap& map, size_t column);
// What the map shows in words: the largest and the smallest value and where they are.
std::string description_of(const HeatMap& map);

}  // namespace manabi::lab::report
