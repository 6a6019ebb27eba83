// Published figures that the study stands beside (Garg, Tsipras, Liang and Valiant 2022): squared errors over the number of an input's numbers.
#pragma once

#include <array>

namespace manabi::study::regression {

// 20 numbers, 12 layers of width 256, 500,000 steps. What is not certain is left out.
struct PublishedError {
  const char* tasks;
  const char* learner;
  int examples;
  double error;
};
inline constexpr std::array<PublishedError, 14> kPublishedErrors = {{{"linear", "network", 10, 0.5},
                                                                     {"linear", "network", 20, 0.02},
                                                                     {"linear", "least squares", 20, 0},
                                                                     {"linear", "3 nearest", 40, 0.62},
                                                                     {"linear", "averaging", 40, 0.51},
                                                                     {"noise 1", "network", 20, 0.97},
                                                                     {"noise 1", "network", 40, 0.13},
                                                                     {"noise 1", "least squares", 40, 0.11},
                                                                     {"orthogonal query", "network", 10, 1.0},
                                                                     {"other orthant", "network", 20, 0.06},
                                                                     {"inputs x 1/3", "network", 10, 0.058},
                                                                     {"inputs x 1/3", "network", 20, 0.09},
                                                                     {"inputs x 1/3", "network", 40, 0.035},
                                                                     {"inputs x 1/3", "least squares", 40, 0}}};

// Two-layer functions of 20 numbers with 100 hidden units, squared errors over 20.
inline constexpr std::array<int, 8> kPublishedExamples = {0, 5, 10, 20, 40, 60, 80, 100};
struct PublishedCurve {
  const char* learner;
  std::array<double, 8> raw_errors;  // not divided
};
inline constexpr std::array<PublishedCurve, 3> kPublishedTwoLayer = {
    {{"network", {20.20, 13.53, 9.92, 7.77, 4.44, 3.75, 3.17, 2.88}},
     {"two-layer network by descent", {19.72, 14.85, 11.82, 8.33, 4.97, 3.65, 2.73, 2.17}},
     {"3 nearest", {19.3, 16.6, 13.0, 11.6, 10.2, 10.2, 9.8, 8.9}}}};

}  // namespace manabi::study::regression
