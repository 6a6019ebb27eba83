// A claim's interval on a line: which side of its margin it lies on, seen at a glance.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lab/claim.h"

namespace manabi::lab::report {

// Places between 0 (left end of the line) and 1.
struct IntervalBar {
  double low = 0, value = 0, high = 0;  // the interval
  double zero = 0;
  double claimed_from = 0, claimed_to = 1;     // the side of the margin that the claim says
  std::optional<double> margin, other_margin;  // where it begins; an equivalence has two, the lower one first
};

// Infinite ends of an interval lie at 0 and 1. nullopt without an effect, or with one that is not a number.
std::optional<IntervalBar> interval_bar_of(const Claim& claim);

// "" where there is no bar. `id` becomes the prefix of ids inside.
std::string interval_bar_svg(const Claim& claim, const std::string& id);

std::string_view interval_bar_style();

// "effect > +2 points", "|effect| < 2 points"
std::string condition_text(const Claim& claim);
// "+4.2 points", "[+2.1, +6.3]": digits from the interval.
std::string effect_text(const Claim& claim);
std::string effect_interval_text(const Claim& claim);

}  // namespace manabi::lab::report
