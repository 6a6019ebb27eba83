#include <fmt/format.h>

#include <algorithm>

#include "lab/statistics/seeds.h"
#include "study/prompt_tuning/measure.h"
#include "study/prompt_tuning/scratch.h"
#include "study/scored_items.h"

namespace manabi::study::prompt_tuning {
namespace {

// Networks that were trained here, the smallest first.
std::vector<std::string> networks_of(const lab::Records& records) {
  std::vector<std::pair<double, std::string>> sized;
  for (const std::string& model : lab::values_of(records, "model"))
    if (is_scratch({{"model", model}}))
      sized.emplace_back(lab::mean_of(lab::select(records, {{"model", model}}), kModelParameters).value_or(0), model);
  std::ranges::sort(sized);
  std::vector<std::string> models;
  for (auto& [size, model] : sized) models.push_back(std::move(model));
  return models;
}

std::vector<std::string> rules_of(const lab::Records& records, const std::string& model) {
  std::vector<std::string> rules;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}})) {
    const std::string& rule = lab::text_at(record->cell.at, "task");
    if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(rule);
  }
  return rules;
}

struct Way {
  std::string method, length;
  std::string name() const { return length == "0" ? method : method + ", " + length + " rows"; }
  lab::Coordinates at(const std::string& model, const std::string& rule) const {
    return {{"model", model}, {"task", rule}, {kMethod, method}, {kLength, length}};
  }
};

std::vector<Way> ways_of(const lab::Records& records, const std::string& model) {
  std::vector<Way> ways;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}})) {
    const Way way{lab::text_at(record->cell.at, kMethod), lab::text_at(record->cell.at, kLength)};
    if (std::ranges::none_of(ways, [&](const Way& other) { return other.name() == way.name(); })) ways.push_back(way);
  }
  return ways;
}

// The way with the most rows.
std::optional<Way> longest_prompt(const std::vector<Way>& ways) {
  std::optional<Way> longest;
  for (const Way& way : ways)
    if (way.method == "prompt-tuning" && (!longest || std::stoll(way.length) > std::stoll(longest->length))) longest = way;
  return longest;
}

// What all weights have more than the prompt in the smallest network less the same in the largest.
std::optional<lab::Interval> gap_closed(const lab::Records& records, const std::string& rule, const std::string& smallest,
                                        const std::string& largest, const Way& prompt) {
  const Way full{"full", "0"};
  std::vector<std::vector<lab::Stratum>> strata;
  for (const std::string& model : {smallest, largest})
    for (const Way& way : {full, prompt}) strata.push_back({right_answers(records, way.at(model, rule))});
  for (const auto& each : strata)
    if (each.front().empty()) return std::nullopt;
  const std::vector<double> weights = {1, -1, -1, 1};
  return in_points(lab::bootstrap_combination(strata, weights));
}

}  // namespace

std::vector<lab::Claim> scratch_claims(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  const std::vector<std::string> models = networks_of(records);
  if (models.size() < 2) return claims;
  const std::optional<Way> prompt = longest_prompt(ways_of(records, models.front()));
  for (const std::string& rule : rules_of(records, models.front())) {
    lab::Claim claim{.id = "gap-closes-with-size, " + rule,
                     .sentence = "The larger the network, the less a tuned prompt stays behind tuning all weights.",
                     .source = "Lester et al. 2021, Figure 1",
                     .published = "the gap shrinks from Small to XXL and is gone at 11B (figure only)",
                     .measure = fmt::format("{}: exact outputs with all weights minus with {}, in {} less the same in {}", rule,
                                            prompt ? prompt->name() : "a prompt", models.front(), models.back()),
                     .unit = "points",
                     .direction = lab::Direction::above,
                     .margin = 0};
    if (prompt) claim.effect = gap_closed(records, rule, models.front(), models.back(), *prompt);
    if (!claim.effect) claim.missing = "both ways in both networks";
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::vector<lab::Section> scratch_sections(const lab::Records& records) {
  const std::vector<std::string> models = networks_of(records);
  if (models.empty()) return {};
  lab::Section section{.title = "With the size of the model", .blocks = {}};
  for (const std::string& rule : rules_of(records, models.front())) {
    lab::Figure figure{.title = rule,
                       .caption =
                           "Sequences whose whole output is right, of networks that were taught sixteen named rules; with 95 % intervals over "
                           "seeds and sequences.",
                       .x_label = "parameters",
                       .y_label = "exact outputs",
                       .x_scale = lab::Scale::log2,
                       .y_is_share = true};
    for (const Way& way : ways_of(records, models.front())) {
      lab::Series series{.name = way.name()};
      for (const std::string& model : models) {
        const auto exact = accuracy_of(records, way.at(model, rule));
        const auto size = lab::mean_of(lab::select(records, {{"model", model}}), kModelParameters);
        if (exact && size) series.points.push_back({.x = *size, .y = exact->value, .low = exact->low, .high = exact->high, .n = exact->items});
      }
      if (!series.points.empty()) figure.series.push_back(std::move(series));
    }
    section.blocks.emplace_back(std::move(figure));
  }
  return {std::move(section)};
}

}  // namespace manabi::study::prompt_tuning
