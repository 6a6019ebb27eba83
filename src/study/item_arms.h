// Numbers of single items (judged right or wrong under an arm, measured alike) as rows of a cell, and effects over the items of many cells.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/record.h"
#include "lab/statistics/statistics.h"

namespace manabi::study {

inline constexpr const char* kItem = "item";
inline constexpr const char* kRight = "right";  // 0 or 1 of one item, at {arm, item}

void add_items(const std::string& arm, const std::vector<bool>& right, std::vector<lab::Row>& rows);
void add_item_values(const std::string& metric, const std::vector<double>& values, std::vector<lab::Row>& rows);  // at {item}

// Cells of one task, one a seed; a seed is a draw with items of its own.
using SeedCells = std::vector<const lab::CellRecord*>;
// Of the rows of a metric at exactly these coordinates and an item.
std::vector<lab::Observation> item_values(const SeedCells& cells, const std::string& metric, const lab::Coordinates& at = {});
std::vector<lab::Observation> right_items(const SeedCells& cells, const std::string& arm);

// One quantity of an effect: items of the cells of each task. All quantities have as many tasks, those at one place being the same; of one that
// a quantity leaves out it has no cells.
struct ItemQuantity {
  std::span<const SeedCells> tasks;
  std::string metric;
  lab::Coordinates at;
  double weight = 1;
};
// Mean over the tasks of the sum of weights times means over items, paired by item; nothing without tasks, or where a task lacks a quantity.
std::optional<lab::Interval> effect_of_items(std::span<const ItemQuantity> quantities);
std::optional<lab::Interval> effect_of_arms(std::span<const SeedCells> tasks, const std::vector<std::pair<std::string, double>>& weighted_arms);

}  // namespace manabi::study
