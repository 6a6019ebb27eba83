// Scores of a whole set of predictions that one item alone does not have.
#pragma once

#include <cstdint>
#include <span>

namespace manabi::world {

// The unweighted mean over classes of the F1 score, 2 hits / (predicted + actual). Classes that are neither predicted nor actual do not count.
// Both spans name a class per item, in the same order.
double macro_f1(std::span<const int64_t> predicted, std::span<const int64_t> actual, int64_t classes);

}  // namespace manabi::world
