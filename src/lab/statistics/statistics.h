// Intervals for what studies claim: over draws and items for scored models, Student's t over seeds for trained ones.
//
// An accuracy varies with the draw of demonstrations and with the items. Which of the two an observation shares with others depends on the
// design: a draw may have items of its own, all draws may share one set of items, or every observation may have its own demonstrations. One
// formula covers all of these. With e the part of an observation in the estimate (its distance from the mean over the number of observations),
//
//   V = D/(D-1) I/(I-1) [ sum over draws (sum of e)^2  +  sum over items (sum of e)^2  -  sum of e^2 ]
//
// for D draws and I items: the two-way clustered variance (Cameron, Gelbach and Miller 2011; Owen 2007). Resampling draws and then the items
// within each would count the items' variance twice where draws have their own items, and would miss most of it where they share them.
//
// The interval is 2 t sqrt(V) wide, t being Student's quantile at Satterthwaite's degrees of freedom: a plain percentile bootstrap of few draws
// is too narrow (docs/intervals.md has the measured coverage). A percentile bootstrap over whole draws says how lopsided it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/record.h"

namespace manabi::lab {

// 95 %. From a single observation nothing is known of its spread: the ends are infinite then, and every claim on it is undecided.
// Equal ends mean that all observations were equal, not that the truth is certain.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
  int64_t items = 0;  // distinct items of all strata
  int64_t draws = 0;  // draws of demonstrations in the stratum with the fewest, or seeds. 1: what demonstrations do is not in the interval
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
// left - right on the (item, draw) pairs that both have. Each side holds a pair once (std::logic_error).
std::vector<Observation> paired_differences(std::span<const Observation> left, std::span<const Observation> right);

// Mean of the strata's means. Pure in its seed and independent of the order of observations. Shares stay between 0 and 1.
// No stratum, an empty one or a value that is not finite are refused with base::Error.
Interval bootstrap_mean(std::span<const Stratum> strata, int64_t resamples = 2000, uint64_t seed = 0);

// The same for a linear combination of several quantities that share items and draws: sum over k of weights[k] * mean(strata_of[k]). For slopes.
// strata_of[k][s] are the observations of quantity k in stratum s; the same draws and items are taken together for all k. An empty stratum is
// one in which that quantity was not observed; it takes no part in the quantity's mean. Every quantity and every stratum has observations.
Interval bootstrap_combination(std::span<const std::vector<Stratum>> strata_of, std::span<const double> weights, int64_t resamples = 2000,
                               uint64_t seed = 0);

// Mean over seeds with Student's t; needs two or more finite values (base::Error).
Interval student_mean(std::span<const double> values);

// The value that Student's t with that many degrees of freedom (a positive number, not only whole ones) stays below with the given probability.
double student_quantile(double probability, double degrees_of_freedom);

}  // namespace manabi::lab
