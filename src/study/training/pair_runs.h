// Networks on worlds of labelled vectors as the studies train them: replicas together, the finished training an artifact that later runs read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "learn/training/pair_training.h"
#include "study/training/network_runs.h"

namespace manabi::study {

// One replica: where its data come from, and how to say so.
struct PairReplica {
  uint64_t seed = 0;  // of its initial parameters
  std::shared_ptr<const world::PairWorld> world;
  base::Json world_made_of;
  double lr = 3e-4;
};

// The model of all replicas, which declares its parameters in the plan.
using MakePairModel = std::function<std::unique_ptr<model::PairModel>(tensor::ParameterPlan& plan, const std::vector<PairReplica>& replicas)>;

// What is measured of the replicas after some steps: [R][quantities].
using MeasurePairs = std::function<std::vector<std::vector<double>>(const model::PairModel&, const tensor::ParameterBuffer&)>;

struct PairRunPlan;
using PairSource = NetworkSource<PairRunPlan, MeasurePairs>;

struct PairRunPlan {
  using Model = model::PairModel;

  MakePairModel model;
  base::Json model_made_of;
  bool asks_every = false;  // the labels of all items are told, by an EveryPairModel; off: the query's alone
  tensor::OptimiserOptions optimiser;
  learn::Schedule schedule;
  int64_t pairs = 1;       // of a row: what its cost goes by
  int64_t token_cost = 1;  // in time, over that of a token of the small decoders
  int64_t batch = 32;
  double clip_norm = 0;
  int64_t steps = 0;
  std::vector<int64_t> measured_after;
  std::vector<PairReplica> replicas;
  std::vector<PairSource> sources;
  std::string measure_name;  // of what is measured, with its version: part of what the artifact is made of
  std::string description;   // one line for `list`
};

using PairRunResult = NetworkRunResult;

// Tokens that a training of so many replicas reads, weighed by their cost: the units in which train_pairs advances its watch.
int64_t cost_of(const PairRunPlan& plan, int64_t replicas);

// Trains, or reads what was trained before; the trainings that it starts from likewise, before it.
PairRunResult train_pairs(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench);

}  // namespace manabi::study
