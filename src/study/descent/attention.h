// Coordinates and metrics of the attention experiment (von Oswald et al. 2023), for claims and figures.
#pragma once

#include <cstdint>
#include <string>

#include "lab/record.h"

namespace manabi::study::descent {

inline constexpr const char* kAttention = "attention";

// Kinds of networks.
inline constexpr const char* kLinear = "linear";                 // the same layer, passed K times
inline constexpr const char* kOwnLayers = "linear, own layers";  // K layers of their own
inline constexpr const char* kSoftmax = "softmax, one head";
inline constexpr const char* kTwoHeads = "softmax, two heads";

// Learners beside them.
inline constexpr const char* kDescent = "descent";        // as many steps as layers, at the best rate
inline constexpr const char* kCurved = "curved descent";  // GD++, at the best rate and curvature
inline constexpr const char* kLeastSquares = "least squares";
inline constexpr const char* kZero = "zero";

// Metrics.
inline constexpr const char* kTaskLoss = "task loss";                // half the mean squared error, at {learner, shift}
inline constexpr const char* kDifference = "difference";             // mean |network - descent|
inline constexpr const char* kSlopeDifference = "slope difference";  // mean |d network / d query - d descent / d query|
inline constexpr const char* kCosine = "cosine";                     // of the two slopes, mean
inline constexpr const char* kMixedLoss = "mixed loss";              // of the layer half way between the trained and the constructed one
inline constexpr const char* kLearnedRate = "learned rate";          // what the trained layer does to a value, per unit of the inputs' part
inline constexpr const char* kBestRate = "best rate";                // of descent, over sums

inline constexpr const char* kShift = "shift";  // a row's coordinate: "inputs x 1.5"
inline constexpr const char* kAsTrained = "as trained";

lab::Coordinates loss_at(const std::string& learner, const std::string& shift = kAsTrained);

lab::Coordinates attention_at(const std::string& network, int64_t layers);

}  // namespace manabi::study::descent
