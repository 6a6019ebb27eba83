// The published accuracies (Xie, Raghunathan, Liang and Ma 2022, figures 4 to 8, from the numbers stored with their program): percent, mean of
// five seeds, by number of examples.
#pragma once

#include <array>

namespace manabi::study::bayes {

inline constexpr std::array<int, 8> kPublishedCounts = {0, 1, 2, 4, 8, 16, 32, 64};

struct PublishedAccuracies {
  const char* network;
  int symbols;
  int example_tokens;
  std::array<double, 8> percent;
};

inline constexpr std::array<PublishedAccuracies, 20> kPublishedAccuracies = {
    {{"4 layers", 50, 3, {32.1, 32.4, 35.2, 36.2, 38.1, 38.8, 39.8, 41.3}},
     {"4 layers", 50, 5, {45.8, 47.9, 49.6, 50.4, 49.5, 52.9, 53.5, 54.4}},
     {"4 layers", 50, 8, {51.6, 56.8, 55.6, 55.3, 57.6, 59.0, 58.6, 60.1}},
     {"4 layers", 50, 10, {56.6, 59.1, 59.5, 60.6, 59.3, 59.4, 61.4, 60.2}},
     {"12 layers", 50, 3, {36.8, 37.1, 40.6, 43.5, 45.4, 46.9, 50.2, 51.9}},
     {"12 layers", 50, 5, {54.3, 55.2, 60.0, 64.2, 65.1, 69.8, 71.7, 73.4}},
     {"12 layers", 50, 8, {63.9, 69.5, 71.4, 73.0, 76.6, 79.4, 79.7, 80.0}},
     {"12 layers", 50, 10, {69.5, 73.5, 75.2, 78.1, 79.9, 81.2, 82.5, 81.2}},
     {"16 layers", 50, 3, {38.5, 37.1, 41.4, 46.0, 47.4, 50.4, 53.6, 53.7}},
     {"16 layers", 50, 10, {74.6, 78.0, 79.4, 82.0, 82.7, 84.7, 86.6, 84.7}},
     {"12 layers", 100, 3, {40.9, 47.1, 52.2, 57.5, 60.2, 62.4, 63.1, 63.7}},
     {"12 layers", 100, 10, {71.2, 77.8, 80.2, 81.4, 82.2, 84.1, 82.5, 84.6}},
     {"16 layers", 100, 10, {72.7, 79.8, 82.4, 85.6, 88.0, 87.4, 88.9, 88.7}},
     {"12 layers", 150, 3, {61.0, 67.3, 70.6, 74.9, 76.5, 75.3, 78.0, 78.5}},
     {"12 layers", 150, 10, {93.4, 95.7, 96.7, 97.6, 97.2, 97.6, 97.8, 98.4}},
     {"16 layers", 150, 10, {93.3, 95.3, 96.9, 96.9, 97.8, 98.0, 98.0, 98.1}},
     {"LSTM", 50, 3, {34.1, 37.8, 42.4, 44.9, 44.1, 45.3, 45.0, 45.2}},
     {"LSTM", 50, 5, {66.6, 77.4, 80.9, 84.6, 84.5, 84.9, 84.6, 84.4}},
     {"LSTM", 50, 10, {91.7, 94.7, 95.1, 95.3, 95.5, 95.1, 95.5, 95.8}},
     {"LSTM", 150, 10, {93.2, 97.6, 98.8, 99.2, 99.3, 99.2, 99.2, 99.2}}}};

// Of ablations only ranges are published: percent, over all example lengths and counts.
struct PublishedRange {
  const char* ablation;
  const char* percent;
};
inline constexpr std::array<PublishedRange, 6> kPublishedRanges = {
    {{"tokens independent, 4 layers, 50 symbols", "1.0 to 1.8, flat"},
     {"one concept, 4 layers, 50 / 100 / 150 symbols", "20 to 25 / 23 to 27 / 27 to 31, flat"},
     {"no persistence, 4 layers, 50 symbols, 3 tokens", "19.6, 22.8, 20.7: rises and falls"},
     {"no persistence, 4 layers, 50 symbols, 10 tokens", "30.7 to 28.1: falls"},
     {"no persistence, 4 layers, 100 symbols, 3 tokens", "33.7 to 47.9 at 8 examples, 44.8 at 64"},
     {"unseen concepts (scattered), 50 / 100 / 150 symbols", "9 to 12.5 / 11 to 17 / 6 to 10, flat"}}};

}  // namespace manabi::study::bayes
