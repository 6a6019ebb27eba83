#include "lab/report/figure/interval_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/markup.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {
namespace {

constexpr double kWidth = 360, kHeight = 56, kLine = 26, kZoneTop = 15, kZoneBottom = 37, kLabels = 52;
constexpr double kFontSize = 12;
constexpr double kLargest = 1e100;  // so that spans stay finite
constexpr double kMargin = 0.08;    // of the span, left free on either side

constexpr std::string_view kStyle = R"css(
.bar text{fill:var(--muted);font-family:inherit;font-variant-numeric:tabular-nums}
.bar .axis{stroke:var(--line);stroke-width:1}
.bar .zero{stroke:var(--muted);stroke-width:1}
.bar .zone{fill:var(--accent-soft)}
.bar .margin{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:4 2.5}
.bar .claimed{fill:var(--accent)}
.bar .interval{stroke:currentColor;stroke-width:3.5}
.bar .end{stroke:currentColor;stroke-width:1.75}
.bar .value{fill:var(--surface);stroke:currentColor;stroke-width:2.25}
)css";

// Digits of the interval, but never fewer than the margin itself was given with.
int decimals_of(const Claim& claim) {
  const int of_interval = claim.effect ? decimals_for((claim.effect->high - claim.effect->low) / 2, 2) : 0;
  int of_margin = 0;
  while (of_margin < 6 && std::abs(claim.margin * std::pow(10, of_margin) - std::round(claim.margin * std::pow(10, of_margin))) > 1e-6)
    ++of_margin;
  return std::max(of_interval, of_margin);
}

std::string margin_text(double margin, bool is_signed) {
  Claim plain;
  plain.margin = margin;
  return number_text(margin, {.is_signed = is_signed, .decimals = decimals_of(plain)});
}

std::string with_unit(const std::string& number, const Claim& claim) { return claim.unit.empty() ? number : number + " " + claim.unit; }

bool has_place(const Interval& interval) {
  return std::abs(interval.value) <= kLargest && !std::isnan(interval.low) && !std::isnan(interval.high);
}

double x_of(double place) { return 4 + place * (kWidth - 8); }

std::string label_at(double x, const std::string& text, std::string_view kind) {
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", kind, x, kLabels, text);
}

// Names of the marked places under the line; two that would touch become one.
std::string labels_of(const Claim& claim, const IntervalBar& bar) {
  const bool is_equivalence = bar.other_margin.has_value();
  std::string text;
  double nearest = std::abs(x_of(*bar.margin) - x_of(bar.zero));
  if (is_equivalence && nearest < 26) return label_at(x_of(bar.zero), "0 \xC2\xB1 " + margin_text(claim.margin, false), "claimed");
  if (is_equivalence) {
    text += label_at(x_of(*bar.margin), margin_text(-claim.margin, true), "claimed") +
            label_at(x_of(*bar.other_margin), margin_text(claim.margin, true), "claimed");
  } else {
    // On the claimed side, so that 0, which is mostly on the other, keeps its own label.
    const std::string name = "margin " + margin_text(claim.margin, true);
    const double half = estimated_width(name, kFontSize) / 2;
    const double beside = x_of(*bar.margin) + (claim.direction == Direction::above ? half : -half);
    const double x = std::clamp(beside, half, kWidth - half);
    text += label_at(x, name, "claimed");
    nearest = std::abs(x_of(bar.zero) - x) - half;
  }
  if (nearest > 12) text += label_at(x_of(bar.zero), "0", "origin");
  return text;
}

std::string zone_of(const IntervalBar& bar) {
  const double from = x_of(bar.claimed_from), to = x_of(bar.claimed_to);
  std::string text =
      fmt::format(R"(<rect class="zone" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>)", from, kZoneTop, to - from, kZoneBottom - kZoneTop);
  const double half = estimated_width("claimed", kFontSize) / 2;
  const double middle = std::clamp((from + to) / 2, half, kWidth - half);
  return text + fmt::format(R"(<text class="claimed" x="{:.1f}" y="10.5" text-anchor="middle">claimed</text>)", middle);
}

std::string upright(std::string_view kind, double place, double from, double to) {
  return fmt::format(R"(<line class="{}" x1="{x:.1f}" y1="{}" x2="{x:.1f}" y2="{}"/>)", kind, from, to, fmt::arg("x", x_of(place)));
}

std::string interval_of(const IntervalBar& bar) {
  std::string text =
      fmt::format(R"(<line class="interval" x1="{:.1f}" y1="{y}" x2="{:.1f}" y2="{y}"/>)", x_of(bar.low), x_of(bar.high), fmt::arg("y", kLine));
  if (bar.low > 0) text += upright("end", bar.low, kLine - 5, kLine + 5);
  if (bar.high < 1) text += upright("end", bar.high, kLine - 5, kLine + 5);
  return text + fmt::format(R"(<circle class="value" cx="{:.1f}" cy="{}" r="4.5"/>)", x_of(bar.value), kLine);
}

}  // namespace

std::optional<IntervalBar> interval_bar_of(const Claim& claim) {
  if (!claim.effect || !has_place(*claim.effect) || !(std::abs(claim.margin) <= kLargest)) return std::nullopt;
  const bool is_equivalence = claim.direction == Direction::equivalent;
  const double margin = is_equivalence ? std::abs(claim.margin) : claim.margin;
  const Interval& effect = *claim.effect;
  double low = std::min({effect.value, is_equivalence ? -margin : margin, 0.0});
  double high = std::max({effect.value, margin, 0.0});
  if (std::isfinite(effect.low)) low = std::min(low, effect.low);
  if (std::isfinite(effect.high)) high = std::max(high, effect.high);
  if (high == low) {
    low -= 1;
    high += 1;
  }
  const double span = high - low;
  const auto place = [&](double at) { return std::isinf(at) ? (at < 0 ? 0.0 : 1.0) : kMargin + (1 - 2 * kMargin) * (at - low) / span; };
  IntervalBar bar{.low = place(effect.low), .value = place(effect.value), .high = place(effect.high), .zero = place(0)};
  bar.margin = place(is_equivalence ? -margin : margin);
  if (is_equivalence) bar.other_margin = place(margin);
  if (claim.direction != Direction::below) bar.claimed_from = *bar.margin;
  if (claim.direction == Direction::below) bar.claimed_to = *bar.margin;
  if (is_equivalence) bar.claimed_to = *bar.other_margin;
  return bar;
}

std::string interval_bar_svg(const Claim& claim, const std::string& id) {
  const std::optional<IntervalBar> bar = interval_bar_of(claim);
  if (!bar) return "";
  std::string svg = fmt::format(
      R"(<svg class="bar" role="img" aria-labelledby="{id}-title" viewBox="0 0 {} {}" font-size="{}"><title id="{id}-title">{}</title>)", kWidth,
      kHeight, kFontSize, escape("Effect " + effect_text(claim) + " " + effect_interval_text(claim) + "; claimed: " + condition_text(claim)),
      fmt::arg("id", id));
  svg += zone_of(*bar);
  svg += fmt::format(R"(<line class="axis" x1="0" y1="{y}" x2="{}" y2="{y}"/>)", kWidth, fmt::arg("y", kLine));
  svg += upright("zero", bar->zero, kZoneTop + 4, kZoneBottom - 4);
  svg += upright("margin", *bar->margin, kZoneTop, kZoneBottom);
  if (bar->other_margin) svg += upright("margin", *bar->other_margin, kZoneTop, kZoneBottom);
  return svg + labels_of(claim, *bar) + interval_of(*bar) + "</svg>";
}

std::string_view interval_bar_style() { return kStyle; }

std::string condition_text(const Claim& claim) {
  if (claim.direction == Direction::equivalent) return with_unit("|effect| < " + margin_text(std::abs(claim.margin), false), claim);
  return with_unit((claim.direction == Direction::above ? "effect > " : "effect < ") + margin_text(claim.margin, claim.margin != 0), claim);
}

std::string effect_text(const Claim& claim) {
  return claim.effect ? with_unit(number_text(claim.effect->value, {.is_signed = true, .decimals = decimals_of(claim)}), claim) : "";
}

std::string effect_interval_text(const Claim& claim) {
  return claim.effect ? interval_text(claim.effect->low, claim.effect->high, {.is_signed = true, .decimals = decimals_of(claim)}) : "";
}

}  // namespace manabi::lab::report
