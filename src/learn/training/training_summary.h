// What a training's state file says of it, without a model: for lists of trainings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/format/json.h"

namespace manabi::learn {

struct TrainingSummary {
  std::string title;  // "" where the plan had none
  base::Json made_of;
  int64_t steps_done = 0;
  int64_t replicas = 0;
  std::optional<int64_t> parameters;  // of one replica; states of before this was written down do not say
  std::optional<double> last_loss;    // of the first replica: the last point of its curve; NaN from its divergence on
  bool has_diverged = false;          // any replica
};

// Throws base::Error for a file that is no training's state.
TrainingSummary read_training_summary(const std::filesystem::path& state_file);

}  // namespace manabi::learn
