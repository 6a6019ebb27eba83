#include "lab/report/figure/palette.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace manabi::lab::report {
namespace {

std::vector<std::pair<std::string, std::string_view>> named_colours(const Scheme& scheme) {
  std::vector<std::pair<std::string, std::string_view>> colours{{"ground", scheme.ground},     {"surface", scheme.surface},
                                                                {"sunken", scheme.sunken},     {"text", scheme.text},
                                                                {"muted", scheme.muted},       {"line", scheme.line},
                                                                {"grid", scheme.grid},         {"faint", scheme.faint},
                                                                {"accent", scheme.accent},     {"accent-soft", scheme.accent_soft},
                                                                {"token", scheme.token},       {"token-other", scheme.token_other},
                                                                {"holds", scheme.holds},       {"holds-soft", scheme.holds_soft},
                                                                {"fails", scheme.fails},       {"fails-soft", scheme.fails_soft},
                                                                {"open", scheme.open},         {"open-soft", scheme.open_soft},
                                                                {"untested", scheme.untested}, {"untested-soft", scheme.untested_soft}};
  for (size_t index = 0; index < kSeriesColours; ++index) colours.emplace_back(fmt::format("s{}", index), scheme.series[index]);
  colours.emplace_back("zero", scheme.zero);
  for (size_t step = 1; step <= kRampSteps; ++step) {
    colours.emplace_back(fmt::format("warm{}", step), scheme.warm[step - 1]);
    colours.emplace_back(fmt::format("cool{}", step), scheme.cool[step - 1]);
  }
  return colours;
}

}  // namespace

std::string custom_properties(const Scheme& scheme) {
  std::string properties;
  for (const auto& [name, colour] : named_colours(scheme)) properties += fmt::format("--{}:{};", name, colour);
  return properties;
}

std::string resolved(std::string_view style, const Scheme& scheme) {
  std::string text(style);
  for (const auto& [name, colour] : named_colours(scheme)) {
    const std::string variable = fmt::format("var(--{})", name);
    for (size_t at = text.find(variable); at != std::string::npos; at = text.find(variable, at)) text.replace(at, variable.size(), colour);
  }
  return text;
}

}  // namespace manabi::lab::report
