// Training and judging networks on worlds of labelled vectors.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/pair_network.h"
#include "world/pairs/pair_world.h"

namespace manabi::learn {

using PairWorlds = std::vector<std::shared_ptr<const world::PairWorld>>;  // one a replica, all of one shape

// Rows of some replicas' worlds, as the network takes them.
struct PairBatch {
  at::Tensor inputs;   // [R, B, K + 1, I] float32
  at::Tensor labels;   // [R, B, K] int64
  at::Tensor targets;  // [R, B] int64
};

// Rows [first_row, first_row + rows) of batch `step`, of these worlds.
PairBatch draw_pairs(std::span<const std::shared_ptr<const world::PairWorld>> worlds, int64_t step, int64_t first_row, int64_t rows);

// Cross-entropy of the query's label alone.
class PairObjective final : public Objective {
 public:
  // Throws base::Error when a world's shape is not the network's. The network outlives the objective.
  PairObjective(const model::PairNetwork& network, PairWorlds worlds, at::TensorOptions options = at::kFloat);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::PairNetwork& network_;
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
std::vector<PairScores> judge_pairs(const model::PairNetwork& network, const tensor::ParameterBuffer& parameters, const PairWorlds& worlds,
                                    int64_t rows, int64_t threads);

}  // namespace manabi::learn
