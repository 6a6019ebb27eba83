// Which training examples are shown, and in which order: one list for all K of a sweep, so that K = 4 is the start of K = 8.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace manabi::world {

// Rows of the training split that may be shown, per class.
using ClassPools = std::vector<std::vector<int64_t>>;

// K's of the sweep without 0, ascending, each once.
std::vector<int64_t> ladder_steps(std::span<const int64_t> ladder);

// The classes of the demonstrations in order. After each step of the ladder the counts of any two classes differ by at most one, the classes
// that lead being chosen at random; inside a step the order is random. A later step never changes an earlier one.
std::vector<int64_t> balanced_classes(int64_t classes, std::span<const int64_t> steps, base::Rng rng);

// A row for each of these classes, uniform over its pool without replacement. Every pool holds at least as many rows as its class occurs.
std::vector<int64_t> rows_of_classes(std::span<const int64_t> classes, const ClassPools& pools, base::Rng rng);

}  // namespace manabi::world
