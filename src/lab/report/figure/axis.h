// Where values lie along one side of a figure, and which of them are labelled.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace manabi::lab::report {

struct Tick {
  double value = 0;
  std::string label;
};

// A map from values to 0 .. 1. Built by the functions below, never with an empty range.
struct Axis {
  enum class Kind { linear, log2, category };

  Kind kind = Kind::linear;
  double low = 0, high = 1;  // on the drawn scale: values, or powers of two
  double zero_power = 0;     // log2: where 0 is drawn
  bool has_zero = false;     // log2: whether 0 is drawn, left of a break
  std::vector<Tick> ticks;

  bool takes(double value) const;    // whether the value has a place at all
  double place(double value) const;  // 0 at the low end, 1 at the high one
};

// Round steps of 1, 2, 2.5 or 5 times a power of ten around all finite values, about `wanted` of them. Shares stay inside 0 .. 1 when the values
// do.
Axis linear_axis(std::span<const double> values, int wanted, bool is_share);

// Powers of two, ticks at the values themselves (every one that occurs). 0 gets a place of its own, one step left of the smallest.
Axis log2_axis(std::span<const double> values);

// 0, 1, ... by name, with half a step of room on either side.
Axis category_axis(std::span<const std::string> names);

// Leaves out labels that would touch their neighbours when the axis is `length` long; keeps the first and the last.
void thin_ticks(Axis& axis, double length, double font_size);

}  // namespace manabi::lab::report
