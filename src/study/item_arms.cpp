#include "study/item_arms.h"

#include <algorithm>

#include "lab/statistics/seeds.h"

namespace manabi::study {

void add_items(const std::string& arm, const std::vector<bool>& right, std::vector<lab::Row>& rows) {
  for (size_t item = 0; item < right.size(); ++item)
    rows.push_back({.metric = kRight, .at = {{"arm", arm}, {kItem, std::to_string(item)}}, .value = right[item] ? 1.0 : 0.0, .n = 1});
}

void add_item_values(const std::string& metric, const std::vector<double>& values, std::vector<lab::Row>& rows) {
  for (size_t item = 0; item < values.size(); ++item)
    rows.push_back({.metric = metric, .at = {{kItem, std::to_string(item)}}, .value = values[item], .n = 1});
}

std::vector<lab::Observation> item_values(const SeedCells& cells, const std::string& metric, const lab::Coordinates& at) {
  std::vector<lab::Observation> observations;
  for (const lab::CellRecord* record : cells) {
    const std::string& seed = lab::text_at(record->cell.at, lab::kSeed);
    for (const lab::Row& row : record->rows) {
      const auto item = row.at.find(kItem);
      if (row.metric != metric || item == row.at.end() || row.at.size() != at.size() + 1) continue;
      const bool is_there = std::ranges::all_of(at, [&](const auto& wanted) {
        const auto found = row.at.find(wanted.first);
        return found != row.at.end() && found->second == wanted.second;
      });
      if (is_there) observations.push_back({.item = seed + "/" + item->second, .draw = std::stoll(seed), .value = row.value});
    }
  }
  return observations;
}

std::vector<lab::Observation> right_items(const SeedCells& cells, const std::string& arm) { return item_values(cells, kRight, {{"arm", arm}}); }

std::optional<lab::Interval> effect_of_items(std::span<const ItemQuantity> quantities) {
  std::vector<std::vector<lab::Stratum>> strata_of;
  std::vector<double> weights;
  for (const ItemQuantity& quantity : quantities) {
    if (std::ranges::all_of(quantity.tasks, [](const SeedCells& cells) { return cells.empty(); })) return std::nullopt;
    std::vector<lab::Stratum>& strata = strata_of.emplace_back();
    for (const SeedCells& cells : quantity.tasks) {
      strata.push_back(item_values(cells, quantity.metric, quantity.at));
      if (strata.back().empty() && !cells.empty()) return std::nullopt;
    }
    weights.push_back(quantity.weight);
  }
  return lab::bootstrap_combination(strata_of, weights);
}

std::optional<lab::Interval> effect_of_arms(std::span<const SeedCells> tasks, const std::vector<std::pair<std::string, double>>& weighted_arms) {
  std::vector<ItemQuantity> quantities;
  for (const auto& [arm, weight] : weighted_arms)
    quantities.push_back({.tasks = tasks, .metric = kRight, .at = {{"arm", arm}}, .weight = weight});
  return effect_of_items(quantities);
}

}  // namespace manabi::study
