// The colours of the page, once for each scheme. Text colours reach a contrast of 4.5 on every ground they stand on, series colours 4.5 on the
// page's, and the first five of these stay apart for the common kinds of colour blindness (markers differ too). The ramps of maps leave zero in
// steps of about equal difference, warm and cool ones equally far. A test computes the contrasts.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace manabi::lab::report {

constexpr size_t kSeriesColours = 8;
constexpr size_t kRampSteps = 16;
// From this step of a ramp on, text in the colour of the ground reaches a contrast of 4.5.
constexpr size_t kFirstInkedStep = 13;

struct Scheme {
  std::string_view ground, surface, sunken;  // the page, what lies on it, what lies in it
  std::string_view text, muted;
  std::string_view line, grid, faint;    // rules between things; lines inside figures; dots for spaces
  std::string_view accent, accent_soft;  // links and marks; the ground of what is marked
  std::string_view token, token_other;   // the two alternating grounds of tokens
  std::string_view holds, holds_soft, fails, fails_soft, open, open_soft, untested, untested_soft;
  std::array<std::string_view, kSeriesColours> series;
  std::string_view zero;                                // a map's colour of nothing
  std::array<std::string_view, kRampSteps> warm, cool;  // from there upwards, and downwards
};

constexpr Scheme kLight{.ground = "#fdfdfc",
                        .surface = "#ffffff",
                        .sunken = "#f4f5f4",
                        .text = "#1c2126",
                        .muted = "#586069",
                        .line = "#dfe2e4",
                        .grid = "#e9ebec",
                        .faint = "#98a3ac",
                        .accent = "#1f5673",
                        .accent_soft = "#e6eff4",
                        .token = "#eef1f3",
                        .token_other = "#e0e6ea",
                        .holds = "#0d6650",
                        .holds_soft = "#e0f1eb",
                        .fails = "#a3360f",
                        .fails_soft = "#fae9e1",
                        .open = "#725404",
                        .open_soft = "#f7efd7",
                        .untested = "#586069",
                        .untested_soft = "#eff0f1",
                        .series = {"#1a56c4", "#b8590f", "#0a5a48", "#8a2f91", "#5a4e08", "#59616b", "#d0294a", "#17789b"},
                        .zero = "#f0f0ee",
                        .warm = {"#f2e7df", "#f4decf", "#f4d5bf", "#f3cbaf", "#f1c1a0", "#edb68f", "#e9ab7f", "#e29f6f", "#db925e", "#d1844e",
                                 "#c5763e", "#b8672e", "#a95820", "#994913", "#8a3b07", "#7a2e00"},
                        .cool = {"#e4e7ee", "#d8deee", "#ccd5ec", "#bfcbea", "#b2c1e8", "#a4b6e4", "#96abe0", "#88a0db", "#7994d4", "#6a88cd",
                                 "#5b7bc4", "#4b6eba", "#3c61ae", "#2d54a2", "#1d4794", "#0c3a86"}};

constexpr Scheme kDark{.ground = "#14171a",
                       .surface = "#1a1e22",
                       .sunken = "#1f2428",
                       .text = "#e3e6e8",
                       .muted = "#a0aab3",
                       .line = "#343a40",
                       .grid = "#282d32",
                       .faint = "#6b7680",
                       .accent = "#8fc1de",
                       .accent_soft = "#1f323e",
                       .token = "#262c31",
                       .token_other = "#343c43",
                       .holds = "#6fd0b0",
                       .holds_soft = "#173229",
                       .fails = "#f0a07c",
                       .fails_soft = "#3b231a",
                       .open = "#e0c36a",
                       .open_soft = "#352d16",
                       .untested = "#a7b0b8",
                       .untested_soft = "#272c31",
                       .series = {"#5f9bf2", "#e08a45", "#62dcae", "#e2a0df", "#e8d56a", "#93a1b3", "#ef6a84", "#b4e3ee"},
                       .zero = "#262b30",
                       .warm = {"#322f2f", "#3e332f", "#4a382e", "#563d2e", "#61422e", "#6e482f", "#7b4f30", "#885632", "#975f36", "#a6693a",
                                "#b67440", "#c68149", "#d68f54", "#e69e61", "#f3ae70", "#ffbd80"},
                       .cool = {"#29303c", "#2d3648", "#303d54", "#344461", "#384c6f", "#3d547e", "#425e8c", "#49689c", "#5173ab", "#5a7fba",
                                "#648cc9", "#6f99d6", "#7ba6e3", "#87b2ed", "#93bff7", "#9fcbff"}};

// "--ground:#fdfdfc;--surface:...;--s0:...": the scheme as custom properties.
std::string custom_properties(const Scheme& scheme);

// `style` with every var(--name) replaced by the scheme's own colour, for pages without custom properties.
std::string resolved(std::string_view style, const Scheme& scheme);

}  // namespace manabi::lab::report
