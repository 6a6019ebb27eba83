// The version of the numbers that a model gives for the same weights and tokens. Part of every cell's key.
#pragma once

#include <cstdint>

namespace manabi::model {

// Raised with any change to tensor, text, model or learn that changes a score beyond rounding; a golden test fails if it was not.
inline constexpr int64_t kNumericalVersion = 1;

}  // namespace manabi::model
