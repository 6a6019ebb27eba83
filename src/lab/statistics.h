// Intervals for what studies claim. Bootstrap over draws and items for scored models, Student's t over seeds for trained ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/record.h"

namespace manabi::lab {

struct Interval {
  double value = 0;
  double low = 0;   // 95 %
  double high = 0;
  int64_t items = 0;  // distinct items
  int64_t draws = 0;  // draws of demonstrations, or seeds
};

// One observation of an item in one draw: 0 or 1 for accuracy, a difference of two of these for a paired effect.
struct Observation {
  std::string item;
  int64_t draw = 0;
  double value = 0;
};

// All observations that share one population (one data set); an estimate over several is the unweighted mean of their means.
using Stratum = std::vector<Observation>;

std::vector<Observation> accuracies(const CellRecord& record);
// left - right on the (item, draw) pairs that both have.
std::vector<Observation> paired_differences(std::span<const Observation> left, std::span<const Observation> right);

// Mean of the strata's means with a percentile bootstrap: within each stratum draws are drawn with replacement, then items within a draw.
// Pure in its seed. Empty strata are refused with base::Error.
Interval bootstrap_mean(std::span<const Stratum> strata, int64_t resamples = 2000, uint64_t seed = 0);

// The same for a linear combination of several quantities that share items and draws: sum over k of weights[k] * mean(strata_of[k]). For slopes.
// strata_of[k][s] are the observations of quantity k in stratum s; resampling picks the same draws and items for all k.
Interval bootstrap_combination(std::span<const std::vector<Stratum>> strata_of, std::span<const double> weights, int64_t resamples = 2000,
                               uint64_t seed = 0);

// Mean over seeds with Student's t; needs two or more.
Interval student_mean(std::span<const double> values);

}  // namespace manabi::lab
