// What the networks of this study are: how many tasks they see, how they are trained, and on which images.
#pragma once

#include <cstdint>
#include <string>

#include "lab/record.h"

namespace manabi::study::general_learner {

// Coordinates of a cell.
inline constexpr const char* kTasks = "tasks";  // as a power of two
inline constexpr const char* kPlainShare = "plain share";
inline constexpr const char* kNetworkKind = "network";
inline constexpr const char* kWidth = "width";
inline constexpr const char* kBatch = "batch";
inline constexpr const char* kEpsilon = "epsilon";
inline constexpr const char* kImages = "images";
inline constexpr const char* kSteps = "steps";

inline constexpr const char* kDecoder = "decoder";
inline constexpr const char* kLstm = "lstm";

inline constexpr const char* kFirstImages = "first";    // digits, or strokes where there are no data
inline constexpr const char* kSecondImages = "second";  // drawn characters

struct Setting {
  int64_t log_tasks = 20;    // 2^20 tasks
  double plain_share = 0.9;  // of rows in which every class keeps its name
  std::string network = kDecoder;
  int64_t width = 64;
  int64_t batch = 64;
  double epsilon = 1e-8;              // Adam's
  std::string images = kFirstImages;  // of training
  int64_t steps = 6000;

  lab::Coordinates at() const;
  std::string title() const;
};
Setting setting_of(const lab::Coordinates& at);

inline constexpr int64_t kItems = 30, kLabels = 5, kSide = 7, kLayers = 2, kHeads = 4;

// What a network keeps of a row: numbers of its state after the last item. A decoder's keys and values, or cells and outputs.
int64_t state_size(const Setting& setting);

}  // namespace manabi::study::general_learner
