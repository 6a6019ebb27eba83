// Networks on worlds of token sequences as the studies train them: replicas together, the finished training an artifact that later runs read and
// look into.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "learn/training/token_training.h"
#include "study/training/network_runs.h"

namespace manabi::study {

// One replica: where its data come from, and how to say so.
struct TokenReplica {
  uint64_t seed = 0;  // of its initial parameters
  std::shared_ptr<const world::TokenWorld> world;
  base::Json world_made_of;
  double lr = 3e-4;
};

// What is measured of the replicas after some steps: [R][quantities].
using MeasureTokens = std::function<std::vector<std::vector<double>>(const model::TokenNetwork&, const tensor::ParameterBuffer&)>;

struct TokenRunPlan {
  using Model = model::TokenNetwork;

  model::TokenNetworkConfig network;
  base::Json model_made_of;
  tensor::OptimiserOptions optimiser;
  learn::Schedule schedule;
  int64_t batch = 32;
  double clip_norm = 0;
  int64_t steps = 0;
  std::vector<int64_t> measured_after;
  std::vector<TokenReplica> replicas;
  std::vector<NetworkSource<TokenRunPlan, MeasureTokens>> sources;
  std::string measure_name;  // of what is measured, with its version: part of what the artifact is made of
  std::string description;   // one line for `list`
};

using TokenTraining = NetworkTraining<TokenRunPlan>;

// Multiplications and additions that a training of so many replicas costs, about, in millions: the units in which train_tokens advances its
// watch.
int64_t cost_of(const TokenRunPlan& plan, int64_t replicas);

// Trains, or reads what was trained before. `measure` may be null where nothing is measured on the way.
std::unique_ptr<TokenTraining> train_tokens(const TokenRunPlan& plan, const MeasureTokens& measure, const Equipment& equipment,
                                            lab::Workbench& bench);

}  // namespace manabi::study
