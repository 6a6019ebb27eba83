#include "study/item_arms.h"

#include "lab/statistics/seeds.h"

namespace manabi::study {

void add_items(const std::string& arm, const std::vector<bool>& right, std::vector<lab::Row>& rows) {
  for (size_t item = 0; item < right.size(); ++item)
    rows.push_back({.metric = kRight, .at = {{"arm", arm}, {"item", std::to_string(item)}}, .value = right[item] ? 1.0 : 0.0, .n = 1});
}

std::vector<lab::Observation> right_items(const SeedCells& cells, const std::string& arm) {
  std::vector<lab::Observation> observations;
  for (const lab::CellRecord* record : cells) {
    const std::string& seed = lab::text_at(record->cell.at, lab::kSeed);
    for (const lab::Row& row : record->rows)
      if (row.metric == kRight && row.at.at("arm") == arm)
        observations.push_back({.item = seed + "/" + row.at.at("item"), .draw = std::stoll(seed), .value = row.value});
  }
  return observations;
}

std::optional<lab::Interval> effect_of_arms(std::span<const SeedCells> tasks, const std::vector<std::pair<std::string, double>>& weighted_arms) {
  if (tasks.empty()) return std::nullopt;
  std::vector<std::vector<lab::Stratum>> strata_of;
  std::vector<double> weights;
  for (const auto& [arm, weight] : weighted_arms) {
    std::vector<lab::Stratum>& strata = strata_of.emplace_back();
    for (const SeedCells& cells : tasks) {
      strata.push_back(right_items(cells, arm));
      if (strata.back().empty()) return std::nullopt;
    }
    weights.push_back(weight);
  }
  return lab::bootstrap_combination(strata_of, weights);
}

}  // namespace manabi::study
