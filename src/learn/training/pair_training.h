// Training and judging networks on worlds of labelled vectors.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/pairs/pair_model.h"
#include "world/pairs/pair_world.h"

namespace manabi::learn {

using PairWorlds = std::vector<std::shared_ptr<const world::PairWorld>>;  // one a replica, all of one shape

// Rows of some replicas' worlds, as the network takes them.
struct PairBatch {
  model::PairInputs rows;
  at::Tensor targets;  // [R, B] int64

  PairBatch to(at::TensorOptions options) const;  // device and dtype; ids stay int64
};

// Rows [first_row, first_row + rows) of batch `step`, of these worlds.
PairBatch draw_pairs(std::span<const std::shared_ptr<const world::PairWorld>> worlds, int64_t step, int64_t first_row, int64_t rows);

// Cross-entropy of the query's label alone.
class PairObjective final : public Objective {
 public:
  // Throws base::Error when a world's shape is not the model's. The model outlives the objective.
  PairObjective(const model::PairModel& model, PairWorlds worlds, at::TensorOptions options = at::kFloat);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::PairModel& model_;
  PairWorlds worlds_;
  at::TensorOptions options_;
};

// Mean cross-entropy of the labels of all items.
class EveryPairObjective final : public Objective {
 public:
  // Throws and keeps as PairObjective does.
  EveryPairObjective(const model::EveryPairModel& model, PairWorlds worlds, at::TensorOptions options = at::kFloat);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::EveryPairModel& model_;
  PairWorlds worlds_;
  at::TensorOptions options_;
};

// How one replica did on one world.
struct PairScores {
  double error = 0;          // share of queries whose most probable label is not the target
  double cross_entropy = 0;  // nats
  double context_error = 0;  // the same among the labels of the context alone; 1 where the target is not one of them
  double from_context = 0;   // share of queries whose most probable label stands in the context
  int64_t rows = 0;
};

// Each replica on its own world, over rows that no training step draws when the world's seed differs.
std::vector<PairScores> judge_pairs(const model::PairModel& model, const tensor::ParameterBuffer& parameters, const PairWorlds& worlds,
                                    int64_t rows, int64_t threads);

// The share of rows in which the most probable label of item i is the right one, [R][K + 1], each replica on its own world, over `rows` rows of
// batch 0.
std::vector<std::vector<double>> judge_every_pair(const model::EveryPairModel& model, const tensor::ParameterBuffer& parameters,
                                                  const PairWorlds& worlds, int64_t rows);

}  // namespace manabi::learn
