// Tasks on letters, which need no file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "world/mappings/mapping_task.h"

namespace manabi::world {

std::vector<std::string> letter_task_names();
// Of one of these names, all pairs; of the lists (2 to 4 letters, repetition allowed) a fixed sample, every length equally often.
std::vector<Mapping> letter_pairs(const std::string& name);

// What a network from scratch is taught (letters a to z and A to Z, commas, "->", "example:", line ends are its symbols): the tasks above,
// "identity", and `bijections` maps of the letters onto themselves, drawn by the seed, which nothing but training can tell ("bijection_0", ...).
std::vector<MappingTask> letter_curriculum(int64_t bijections, uint64_t seed);
// The symbols of these tasks' texts, behind them the names of `named`.
std::vector<std::string> letter_symbols(std::span<const MappingTask> named = {});

}  // namespace manabi::world
