// Items that are judged right or wrong under several arms (with a vector, without one, behind demonstrations), as rows of a cell and as effects
// over many cells.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/record.h"
#include "lab/statistics/statistics.h"

namespace manabi::study {

inline constexpr const char* kRight = "right";  // 0 or 1 of one item, at {arm, item}

void add_items(const std::string& arm, const std::vector<bool>& right, std::vector<lab::Row>& rows);

// Cells of one task, one a seed; a seed is a draw with items of its own.
using SeedCells = std::vector<const lab::CellRecord*>;
std::vector<lab::Observation> right_items(const SeedCells& cells, const std::string& arm);

// Mean over the tasks of the sum of weights times shares right, paired by item; nothing without tasks or where one lacks an arm.
std::optional<lab::Interval> effect_of_arms(std::span<const SeedCells> tasks, const std::vector<std::pair<std::string, double>>& weighted_arms);

}  // namespace manabi::study
