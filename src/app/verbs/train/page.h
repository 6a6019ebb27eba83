// What a training leaves beside its model: its losses as CSV, and a page.
#pragma once

#include <filesystem>

#include "app/verbs/train/training.h"

namespace manabi::app {

void write_curve(const Training& training, const std::filesystem::path& folder);

// The curve, and what the training was made of.
void write_page(const Training& training, const TrainOptions& options, const TrainingData& data, const base::Json& made_of, double held_out);

}  // namespace manabi::app
