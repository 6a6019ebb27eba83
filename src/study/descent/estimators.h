// Coordinates and metrics of the estimators experiment (Akyürek et al. 2023), for claims and figures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/record.h"
#include "learn/theory/regression/regressor.h"

namespace manabi::study::descent {

inline constexpr const char* kEstimators = "estimators";
inline constexpr const char* kWidth = "width";
inline constexpr const char* kNoise = "noise ratio";  // sigma^2 / tau^2

inline constexpr const char* kSquaredDifference = "squared difference";  // of what the network and a learner tell, at {learner, examples}

struct NoiseLevel {
  std::string name;         // of the ratio: "1/9"
  double noise, deviation;  // sigma, tau
};
const std::vector<NoiseLevel>& noise_levels();
const NoiseLevel& noise_level(const std::string& name);

// The learners that a network is set beside.
const learn::Regressors& estimators();

lab::Coordinates estimators_at(int64_t layers, int64_t width = 64, const std::string& noise = "0");

inline constexpr int64_t kEstimatorInputs = 4, kEstimatorPoints = 12;

}  // namespace manabi::study::descent
