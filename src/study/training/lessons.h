// Checkpoints that are taught, lesson after lesson: each takes the model that the one before left, and leaves a folder that every verb reads.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lab/study.h"
#include "learn/tuning/run/tuning.h"
#include "model/checkpoint.h"
#include "study/equipment.h"

namespace manabi::study {

struct Lesson {
  std::string title;
  learn::TuningData data;
  base::Json data_made_of;  // everything that could change it
  model::TunedParts parts = {.weights = true};
  tensor::OptimiserOptions optimiser;
  learn::Schedule schedule;  // its steps are the lesson's
  int64_t batch = 32;
  double lr = 1e-3;
  double clip_norm = 1;
  uint64_t seed = 0;                                     // of what begins by chance
  learn::Tuning::SetFirstValues first_values = nullptr;  // of what begins otherwise; a function of the start and of `data_made_of`
  bool keeps_model = true;                               // off: only what was measured is kept
  std::vector<int64_t> measured_after;
  std::string measure_name;  // of what is measured, with everything that could change it
};

// What is measured of the model on the way: the same quantities every time.
using MeasureTaught = std::function<std::vector<double>(const model::CausalLM& lm)>;

struct Taught {
  std::string artifact;
  std::filesystem::path folder;  // of the model, or of its adapter where not all weights were tuned; where they are kept
  std::vector<double> curve;     // mean loss over curve_every steps, nats
  int64_t curve_every = 1;
  std::vector<learn::Measurement> measurements;  // values of one replica
  int64_t diverged_at = -1;
};

// `start_made_of` says what the start is: the artifact that it came from, or hashes. Trains, or reads what was trained before.
Taught teach(const model::Checkpoint& start, const base::Json& start_made_of, const Lesson& lesson, const MeasureTaught& measure,
             const Equipment& equipment, lab::Workbench& bench);

// The points of its curve that are numbers, at {step}, counted on from `first`.
void add_curve(const Taught& taught, const std::string& metric, int64_t first, int64_t batch, std::vector<lab::Row>& rows);

}  // namespace manabi::study
