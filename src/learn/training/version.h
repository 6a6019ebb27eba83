// The version of what training gives for the same configuration and seeds. Part of the key of every cell that trains.
#pragma once

#include <cstdint>

namespace manabi::learn {

// Raised with any change to tensor, model, world or learn that changes a training beyond rounding: layers, initial values, draws, steps.
inline constexpr int64_t kTrainingVersion = 1;

}  // namespace manabi::learn
