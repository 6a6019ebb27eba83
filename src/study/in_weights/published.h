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

// Mean share with which the stylised gate believes the weights (L = 1, p_rel = .9, noise .2), read by eye off the authors' own plots: within
// .03.
struct PublishedGate {
  std::string_view context, query;
  std::array<double, 5> share;  // at kPublishedGateRows
};

inline constexpr std::array<int64_t, 5> kPublishedGateRows = {64, 256, 1024, 4096, 1048576};

inline constexpr std::array kPublishedGates = {
    PublishedGate{"relevant", "high", {.05, .15, .83, .98, 1}},
    PublishedGate{"relevant", "low", {.09, .08, .06, .06, .28}},
    PublishedGate{"irrelevant", "high", {.1, .2, .83, .97, 1}},
    PublishedGate{"irrelevant", "low", {.1, .15, .45, .70, 1}},
};

}  // namespace manabi::study::in_weights
