// Numbers as readers of a report want them: as many digits as the interval allows, thin spaces between thousands, a real minus sign.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lab/statistics/statistics.h"

namespace manabi::lab::report {

// How the numbers of one quantity are printed.
struct NumberStyle {
  bool is_share = false;   // 0.712 as 71.2%
  bool is_signed = false;  // a plus sign before positive numbers
  int decimals = 1;        // of what is printed: of the percent for shares
};

// Two digits of the half width: 0.021 asks for 3 decimals, 2.1 for 1, 21 for 0. A width of zero or none asks for `otherwise`.
int decimals_for(double half_width, int otherwise);

// "∞" for infinities, "not a number" for NaN.
std::string number_text(double value, const NumberStyle& style);
std::string count_text(int64_t count);
// "[a, b]", the percent sign (if any) left to the value beside it.
std::string interval_text(double low, double high, const NumberStyle& style);

// "600 items, 5 draws", "5 seeds"; empty when the interval knows neither.
std::string sample_text(const Interval& interval);

}  // namespace manabi::lab::report
