// One way of teaching a data set to a checkpoint, tuned and judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/study.h"
#include "learn/tuning/method.h"
#include "learn/tuning/trigger_search.h"
#include "study/equipment.h"

namespace manabi::study::prompt_tuning {

// Coordinates of a cell, beside model, task and seed.
inline constexpr const char* kMethod = "method";      // a name of learn::TuningMethod, kManual or kAutoprompt
inline constexpr const char* kLength = "length";      // positions, or words in front
inline constexpr const char* kFirst = "first";        // FirstRows, where there are positions
inline constexpr const char* kExamples = "examples";  // that are tuned on

inline constexpr const char* kManual = "manual";
inline constexpr const char* kAutoprompt = "autoprompt";

// Metrics of rows.
inline constexpr const char* kLoss = "loss";                 // of training, nats an example, at {step}
inline constexpr const char* kDevAccuracy = "dev accuracy";  // at {step}
inline constexpr const char* kBestStep = "best step";
inline constexpr const char* kParameters = "parameters";  // numbers that are tuned
inline constexpr const char* kShare = "parameter share";  // of the model's
inline constexpr const char* kModelParameters = "model parameters";
inline constexpr const char* kDiverged = "diverged at step";
inline constexpr const char* kNeighbours = "neighbours";  // exhibit: of each row of a prompt the nearest words
inline constexpr const char* kTriggers = "triggers";      // exhibit: the words that were found

struct Settings {
  int64_t steps = 100;
  int64_t batch = 8;
  int64_t dev = 128;
  int64_t test = 300;
  double lr = 1e-2;
};

// A group of cells that differ in their seeds alone, tuned together where the method allows it.
lab::Records measure_method(std::span<const lab::Cell> group, const Settings& settings, const std::shared_ptr<const world::Dataset>& dataset,
                            const model::Checkpoint& checkpoint, const Equipment& equipment, lab::Workbench& bench);

}  // namespace manabi::study::prompt_tuning
