// Shares of items that cells answered rightly, and what one setting has more of than another.
#pragma once

#include <optional>
#include <string>

#include "lab/record.h"
#include "lab/statistics/statistics.h"

namespace manabi::study {

// 0 or 1 of every item of all cells there; a seed is a draw.
lab::Stratum right_answers(const lab::Records& records, const lab::Coordinates& where);

// Over seeds and items; nothing where there are none.
std::optional<lab::Interval> accuracy_of(const lab::Records& records, const lab::Coordinates& where);

// In points: accuracy at `more` less that at `less`, paired by item, mean over the values of a coordinate at which both have cells ("task";
// "": there is nothing to go over); nothing where there is none.
std::optional<lab::Interval> accuracy_difference(const lab::Records& records, const lab::Coordinates& more, const lab::Coordinates& less,
                                                 const std::string& over);

lab::Interval in_points(lab::Interval interval);

}  // namespace manabi::study
