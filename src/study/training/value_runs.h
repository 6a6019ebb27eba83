// Networks on worlds of real functions as the studies train them: replicas together, the finished training an artifact that later runs read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "learn/training/value_training.h"
#include "study/training/network_runs.h"

namespace manabi::study {

// One replica: where its data come from, and how to say so.
struct ValueReplica {
  uint64_t seed = 0;  // of its initial parameters
  std::shared_ptr<const world::ValueWorld> world;
  base::Json world_made_of;
  double lr = 1e-3;
};

using MakeValueModel = std::function<std::unique_ptr<model::ValueModel>(tensor::ParameterPlan& plan)>;

// What is measured of the replicas after some steps: [R][quantities].
using MeasureValues = std::function<std::vector<std::vector<double>>(const model::ValueModel&, const tensor::ParameterBuffer&)>;

struct ValueRunPlan {
  using Model = model::ValueModel;

  MakeValueModel model;
  base::Json model_made_of;
  learn::ValueLoss loss;
  tensor::OptimiserOptions optimiser;
  learn::Schedule schedule;
  int64_t tokens = 1;      // of a row: what its cost goes by
  int64_t token_cost = 1;  // in time, over that of a token of the small decoders
  int64_t batch = 64;
  double clip_norm = 0;
  int64_t steps = 0;
  std::vector<int64_t> measured_after;
  std::vector<ValueReplica> replicas;
  std::vector<NetworkSource<ValueRunPlan, MeasureValues>> sources;
  std::string measure_name;  // of what is measured, with its version: part of what the artifact is made of
  std::string description;   // one line for `list`
};

using ValueTraining = NetworkTraining<ValueRunPlan>;

// Tokens that a training of so many replicas reads, weighed by their cost: the units in which train_values advances its watch.
int64_t cost_of(const ValueRunPlan& plan, int64_t replicas);

// Trains, or reads what was trained before.
std::unique_ptr<ValueTraining> train_values(const ValueRunPlan& plan, const MeasureValues& measure, const Equipment& equipment,
                                            lab::Workbench& bench);

}  // namespace manabi::study
