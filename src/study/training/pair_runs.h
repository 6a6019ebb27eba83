// Networks on worlds of labelled vectors as the studies train them: replicas together, the finished training an artifact that later runs read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "lab/study.h"
#include "learn/training/pair_training.h"
#include "learn/training/training_run.h"
#include "study/equipment.h"

namespace manabi::study {

// One replica: where its data come from, and how to say so.
struct PairReplica {
  uint64_t seed = 0;  // of its initial parameters
  std::shared_ptr<const world::PairWorld> world;
  base::Json world_made_of;
  double lr = 3e-4;
};

struct PairRunPlan {
  model::PairNetworkConfig network;
  tensor::OptimiserOptions optimiser;
  learn::Schedule schedule;
  int64_t batch = 32;
  double clip_norm = 0;
  int64_t steps = 0;
  std::vector<int64_t> measured_after;
  std::vector<PairReplica> replicas;
  std::string measure_name;  // of what is measured, with its version: part of what the artifact is made of
  std::string description;   // one line for `list`
};

struct PairRunResult {
  std::vector<std::vector<double>> curves;       // [R][points], mean loss over curve_every steps
  std::vector<learn::Measurement> measurements;  // in the order of the plan
  std::vector<int64_t> diverged_at;              // [R], -1: it has not
  int64_t curve_every = 100;
};

// What is measured of the replicas after some steps: [R][quantities].
using MeasurePairs = std::function<std::vector<std::vector<double>>(const model::PairNetwork&, const tensor::ParameterBuffer&)>;

// Trains, or reads what was trained before. Advances the watch by the replicas' steps.
PairRunResult train_pairs(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench);

}  // namespace manabi::study
