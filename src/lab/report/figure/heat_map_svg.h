// Heat maps as SVG: each cell one of the palette's ramp colours, which differ by equal steps in both schemes.
#pragma once

#include <string>

#include "lab/report.h"
#include "lab/report/figure/heat_map_plot.h"

namespace manabi::lab::report {

// `id`: prefix of the ids inside. Throws as colour_axis does.
std::string heat_map_svg(const HeatMap& map, Frame frame, const std::string& id);
std::string heat_map_style();

}  // namespace manabi::lab::report
