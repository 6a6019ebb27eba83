// How a model's rotary positions turn: read from checkpoints of several forms.
#pragma once

#include <cstdint>

namespace manabi::model {

// Llama 3.1's stretching of slow rotations: wavelengths beyond the old context are divided by `factor`, those well inside it are kept, the
// band between is blended.
struct Llama3Scaling {
  double factor = 8;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  int64_t original_context = 8192;
};

struct RotationSettings {
  enum class Scaling { none, linear, llama3 };
  double theta = 10000;
  Scaling scaling = Scaling::none;
  double linear_factor = 1;
  Llama3Scaling llama3;
};

}  // namespace manabi::model
