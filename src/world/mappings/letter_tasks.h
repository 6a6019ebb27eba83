// Tasks on letters, which need no file.
#pragma once

#include <string>
#include <vector>

#include "world/mappings/mapping_task.h"

namespace manabi::world {

std::vector<std::string> letter_task_names();
// Of one of these names, all pairs; of the lists (2 to 4 letters, repetition allowed) a fixed sample, every length equally often.
std::vector<Mapping> letter_pairs(const std::string& name);

}  // namespace manabi::world
