// Training and judging networks on worlds of token sequences: what is asked at a position is told from the tokens up to it.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/token_network.h"
#include "world/tokens/token_world.h"

namespace manabi::learn {

using TokenWorlds = std::vector<std::shared_ptr<const world::TokenWorld>>;  // one a replica, all rows of one length

// Mean cross-entropy of the positions that are asked.
class TokenObjective final : public Objective {
 public:
  // Throws base::Error when a world's tokens or rows do not fit the network. The network outlives the objective.
  TokenObjective(const model::TokenNetwork& network, TokenWorlds worlds);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::TokenNetwork& network_;
  TokenWorlds worlds_;
};

// Mean cross-entropy of an asked position, nats, of each replica on its own world, over `rows` rows of batch 0.
std::vector<double> judge_tokens(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, const TokenWorlds& worlds,
                                 int64_t rows);

// The same of one replica, position by position: mean nats [T] over `rows` rows of batch 0, float64. Every position is asked.
at::Tensor losses_by_position(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                              const std::shared_ptr<const world::TokenWorld>& world, int64_t rows);

// The log-probabilities, in nats over all outputs, of the token after each prompt: [N, O] float on the CPU, of one replica. Prompts of
// one length; `threads` of them at once.
at::Tensor next_token_scores(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                             std::span<const std::vector<int64_t>> prompts, int64_t threads);

}  // namespace manabi::learn
