// Published figures that the study stands beside (Kirsch, Harrison, Sohl-Dickstein and Metz 2022): accuracy in percent after 99 examples,
// networks trained on tasks projected from MNIST, mean of three seeds.
#pragma once

#include <array>

namespace manabi::study::general_learner {

struct PublishedAccuracy {
  const char* learner;
  const char* images;
  double percent;
};

inline constexpr std::array<PublishedAccuracy, 8> kPublishedAccuracies = {{{"transformer", "MNIST", 73.70},
                                                                           {"transformer", "FashionMNIST", 62.24},
                                                                           {"transformer", "KMNIST", 53.39},
                                                                           {"transformer", "CIFAR10", 19.40},
                                                                           {"transformer", "SVHN", 14.58},
                                                                           {"transformer", "random inputs and labels", 100},
                                                                           {"VSML", "MNIST", 79.04},
                                                                           {"gradient descent, online", "MNIST", 70.31}}};

}  // namespace manabi::study::general_learner
