// The logit lens (nostalgebraist 2020): what the unembedding would say of the stream at each layer and position, as if the blocks that follow
// were not there.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/causal_lm.h"

namespace manabi::probe {

struct LikelyToken {
  model::TokenId token = 0;
  double log_probability = 0;  // nats over the full vocabulary
};

// Letters: L layers, T positions. The first layer is the stream that enters the first block, the last one what leaves the last: L + 1 in all.
struct LogitLens {
  std::vector<std::vector<std::vector<LikelyToken>>> likeliest;  // [L + 1][T][count], descending
  std::vector<std::vector<double>> answer;                       // [L + 1][T] log-probability of the answer; empty without one
};

// Reads the last `positions` positions of the tokens (0: all). `answer` is a token, or -1.
LogitLens logit_lens(const model::CausalLM& lm, std::span<const model::TokenId> tokens, int64_t count, model::TokenId answer = -1,
                     int64_t positions = 0);

// Of any states of the stream [W, D], the likeliest tokens: [W][count]. Throws base::Error for states of another width.
std::vector<std::vector<LikelyToken>> likeliest_tokens(const model::CausalLM& lm, const at::Tensor& states, int64_t count);

}  // namespace manabi::probe
