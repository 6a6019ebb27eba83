// Error of Chan, Chen, György and Schuurmans' transformer (L = 1, p_rel = .9), read by eye off the authors' own plots: within .03.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace manabi::study::in_weights {

struct PublishedCurve {
  double noise;
  std::string_view context, query, labels;
  std::array<double, 6> error;  // at kPublishedRows
};

inline constexpr std::array<int64_t, 6> kPublishedRows = {64, 256, 1024, 4096, 16384, 1048576};

inline constexpr std::array kPublishedCurves = {
    PublishedCurve{0.2, "relevant", "high", "shifted", {.30, .36, .90, .99, 1, 1}},
    PublishedCurve{0.2, "relevant", "low", "shifted", {.62, .24, .40, .60, .88, .95}},
    PublishedCurve{0.2, "irrelevant", "high", "base", {.87, .78, .15, .04, .01, 0}},
    PublishedCurve{0.2, "irrelevant", "low", "base", {.95, .98, .72, .35, .08, .03}},
    PublishedCurve{0.4, "relevant", "high", "shifted", {.22, .05, .27, .62, .72, .77}},
    PublishedCurve{0.4, "relevant", "low", "shifted", {.70, .22, .13, .20, .40, .60}},
};

}  // namespace manabi::study::in_weights
