#include "lab/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace manabi::lab::report {
namespace {

constexpr std::string_view kMinus = "\xE2\x88\x92";
constexpr std::string_view kThinSpace = "\xE2\x80\xAF";  // narrow, no break
constexpr std::string_view kInfinity = "\xE2\x88\x9E";
constexpr double kLargest = 1e9;  // beyond, and below what the most decimals show, powers of ten read better
constexpr int kMostDecimals = 6;

// Thin spaces between groups of three digits, from five digits on.
std::string grouped(std::string_view digits) {
  if (digits.size() < 5) return std::string(digits);
  std::string text;
  for (size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) text += kThinSpace;
    text += digits[at];
  }
  return text;
}

std::string magnitude_text(double magnitude, int decimals) {
  if (magnitude >= kLargest || (magnitude > 0 && magnitude < 1e-6 && decimals >= kMostDecimals)) return fmt::format("{:.2e}", magnitude);
  const std::string plain = fmt::format("{:.{}f}", magnitude, decimals);
  const size_t point = std::min(plain.find('.'), plain.size());
  return grouped(std::string_view(plain).substr(0, point)) + plain.substr(point);
}

bool prints_as_zero(const std::string& digits) { return digits.find_first_not_of("0.") == std::string::npos; }

std::string signed_text(double value, const NumberStyle& style) {
  if (std::isnan(value)) return "not a number";
  const std::string digits = std::isinf(value) ? std::string(kInfinity) : magnitude_text(std::abs(value), style.decimals);
  if (prints_as_zero(digits)) return digits;
  if (value < 0) return std::string(kMinus) + digits;
  return style.is_signed ? "+" + digits : digits;
}

}  // namespace

int decimals_for(double half_width, int otherwise) {
  if (!std::isfinite(half_width) || half_width <= 0) return otherwise;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(half_width))), 0, kMostDecimals);
}

std::string number_text(double value, const NumberStyle& style) {
  if (std::isnan(value)) return signed_text(value, style);
  return style.is_share ? signed_text(value * 100, style) + "%" : signed_text(value, style);
}

std::string count_text(int64_t count) {
  const std::string digits = grouped(std::to_string(count < 0 ? -count : count));
  return count < 0 ? std::string(kMinus) + digits : digits;
}

std::string interval_text(double low, double high, const NumberStyle& style) {
  const double unit = style.is_share ? 100 : 1;
  return fmt::format("[{}, {}]", signed_text(low * unit, style), signed_text(high * unit, style));
}

std::string sample_text(const Interval& interval) {
  const auto counted = [](int64_t count, const char* one, const char* many) { return count_text(count) + " " + (count == 1 ? one : many); };
  if (interval.items > 0 && interval.draws > 0) {
    return counted(interval.items, "item", "items") + ", " + counted(interval.draws, "draw", "draws");
  }
  if (interval.items > 0) return counted(interval.items, "item", "items");
  if (interval.draws > 0) return counted(interval.draws, "seed", "seeds");
  return "";
}

}  // namespace manabi::lab::report
