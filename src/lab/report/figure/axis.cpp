#include "lab/report/figure/axis.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lab/report/markup.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {
namespace {

constexpr double kLargestDrawn = 1e100;  // so that differences and squares stay finite

bool is_drawable(double value) { return std::isfinite(value) && std::abs(value) <= kLargestDrawn; }

double round_step(double span, int wanted) {
  const double rough = span / std::max(wanted, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= factor * power * 1.0001) return factor * power;
  }
  return 10 * power;
}

// Decimals that tell apart multiples of `step`: 0.25 needs 2, 5 needs none.
int decimals_of_step(double step) {
  for (int decimals = 0; decimals < 9; ++decimals) {
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 9;
}

std::vector<double> drawable_of(std::span<const double> values) {
  std::vector<double> drawable;
  std::copy_if(values.begin(), values.end(), std::back_inserter(drawable), is_drawable);
  return drawable;
}

// A range around one value, so that it is drawn in the middle.
void widen_if_empty(double& low, double& high, bool is_share) {
  if (high - low > 1e-12 * std::max(std::abs(low), std::abs(high))) return;
  const double margin = is_share ? 0.05 : low == 0 ? 1 : std::abs(low) * 0.1;
  low -= margin;
  high += margin;
}

std::vector<double> sorted_without_repeats(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::string plain_label(double value) {
  return number_text(value, {.decimals = value == std::round(value) ? 0 : std::min(decimals_of_step(std::abs(value)), 4)});
}

}  // namespace

bool Axis::takes(double value) const {
  if (!is_drawable(value)) return false;
  return kind != Kind::log2 || value > 0 || (value == 0 && has_zero);
}

double Axis::place(double value) const {
  double at = value;
  if (kind == Kind::log2) at = value == 0 ? zero_power : std::log2(value);
  return (at - low) / (high - low);
}

Axis linear_axis(std::span<const double> values, int wanted, bool is_share) {
  const std::vector<double> drawn = drawable_of(values);
  double low = drawn.empty() ? 0 : *std::min_element(drawn.begin(), drawn.end());
  double high = drawn.empty() ? 1 : *std::max_element(drawn.begin(), drawn.end());
  const bool is_within_shares = is_share && low >= 0 && high <= 1;
  widen_if_empty(low, high, is_share);
  const double step = round_step(high - low, wanted);
  low = std::floor(low / step + 1e-9) * step;
  high = std::ceil(high / step - 1e-9) * step;
  if (is_within_shares) {
    low = std::max(low, 0.0);
    high = std::min(high, 1.0);
  }
  Axis axis{.low = low, .high = high};
  const int decimals = decimals_of_step(is_share ? step * 100 : step);
  const int64_t first = std::llround(std::ceil(low / step - 1e-9));
  const int64_t last = std::llround(std::floor(high / step + 1e-9));
  for (int64_t k = first; k <= last; ++k) {
    const double value = static_cast<double>(k) * step;
    axis.ticks.push_back({value, number_text(value, {.is_share = is_share, .decimals = decimals})});
  }
  return axis;
}

Axis log2_axis(std::span<const double> values) {
  std::vector<double> places = drawable_of(values);
  std::erase_if(places, [](double value) { return value < 0; });
  places = sorted_without_repeats(std::move(places));
  Axis axis{.kind = Axis::Kind::log2};
  axis.has_zero = !places.empty() && places.front() == 0;
  const size_t first_positive = axis.has_zero ? 1 : 0;
  const bool has_positive = first_positive < places.size();
  const double smallest = has_positive ? std::log2(places[first_positive]) : 1;
  const double largest = has_positive ? std::log2(places.back()) : 1;
  axis.zero_power = smallest - std::max(1.0, (largest - smallest) * 0.16);
  axis.low = axis.has_zero ? axis.zero_power : smallest;
  axis.high = has_positive ? largest : axis.low;
  const double margin = std::max((axis.high - axis.low) * 0.03, axis.high == axis.low ? 1.0 : 0.0);
  axis.low -= margin;
  axis.high += margin;
  for (const double value : places) axis.ticks.push_back({value, plain_label(value)});
  return axis;
}

Axis category_axis(std::span<const std::string> names) {
  Axis axis{.kind = Axis::Kind::category, .low = -0.5, .high = std::max<double>(static_cast<double>(names.size()), 1) - 0.5};
  for (size_t index = 0; index < names.size(); ++index) axis.ticks.push_back({static_cast<double>(index), names[index]});
  return axis;
}

void thin_ticks(Axis& axis, double length, double font_size) {
  if (axis.ticks.size() < 3) return;
  const auto half_width = [&](const Tick& tick) { return estimated_width(tick.label, font_size) / 2; };
  const auto touches = [&](const Tick& left, const Tick& right) {
    return (axis.place(right.value) - axis.place(left.value)) * length < half_width(left) + half_width(right) + font_size * 0.5;
  };
  const Tick last = axis.ticks.back();
  std::vector<Tick> kept{axis.ticks.front()};
  for (size_t index = 1; index + 1 < axis.ticks.size(); ++index) {
    if (!touches(kept.back(), axis.ticks[index]) && !touches(axis.ticks[index], last)) kept.push_back(axis.ticks[index]);
  }
  if (touches(kept.back(), last) && kept.size() > 1) kept.pop_back();
  kept.push_back(last);
  axis.ticks = std::move(kept);
}

}  // namespace manabi::lab::report
