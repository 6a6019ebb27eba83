// Published figures that the study stands beside.
#pragma once

#include <array>

namespace manabi::study::descent {

// von Oswald et al. 2023, the published notebook: half the mean squared error of one step of descent on 10,000 tasks.
inline constexpr double kPublishedOneStepLoss = 0.20468888;

// Akyürek et al. 2023, figure 2: squared differences over 8 numbers, mean over fewer examples than numbers, of the network that was trained at
// each ratio sigma^2 / tau^2 (columns: 0, 1/16, 1/9, 1/4, 4/9) and each estimator.
struct PublishedDifferences {
  const char* learner;
  std::array<double, 5> by_ratio;
};
inline constexpr std::array<const char*, 5> kPublishedRatios = {"0", "1/16", "1/9", "1/4", "4/9"};
inline constexpr std::array<PublishedDifferences, 5> kPublishedDifferences = {{{"least squares", {1.25e-5, 1.34e-4, 3.96e-4, 1.51e-3, 4.13e-3}},
                                                                               {"ridge 0.0625", {1.10e-4, 3.29e-5, 1.12e-4, 8.24e-4, 2.92e-3}},
                                                                               {"ridge 0.111", {3.49e-4, 9.65e-5, 3.86e-5, 4.50e-4, 2.15e-3}},
                                                                               {"ridge 0.25", {1.69e-3, 8.64e-4, 4.39e-4, 3.30e-5, 6.81e-4}},
                                                                               {"ridge 0.444", {4.83e-3, 3.09e-3, 2.21e-3, 7.52e-4, 6.10e-5}}}};

}  // namespace manabi::study::descent
