// Training and judging language models on worlds of token sequences: every position's next token is its target.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/token_network.h"
#include "world/tokens/token_world.h"

namespace manabi::learn {

using TokenWorlds = std::vector<std::shared_ptr<const world::TokenWorld>>;  // one a replica

class TokenObjective final : public Objective {
 public:
  // Throws base::Error when a world's tokens or rows do not fit the network. The network outlives the objective.
  TokenObjective(const model::TokenNetwork& network, TokenWorlds worlds);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::TokenNetwork& network_;
  TokenWorlds worlds_;
};

// Mean cross-entropy a token, nats, of each replica on its own world, over `rows` rows of batch 0.
std::vector<double> judge_tokens(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, const TokenWorlds& worlds,
                                 int64_t rows);

}  // namespace manabi::learn
