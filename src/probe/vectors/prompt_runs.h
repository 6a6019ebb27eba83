// Many prompts read once, so that the stream of their last token can be read after every block, and replaced there as often as wanted: what
// follows a replaced state costs one token through the blocks above it.
//
// Letters: P prompts, L layers, D width, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/watch.h"
#include "model/causal_lm.h"

namespace manabi::probe {

using model::TokenId;

// Prompts that begin alike: what they share is read once.
using PromptGroup = std::vector<std::vector<TokenId>>;

class PromptRuns {
 public:
  // `token_budget`: tokens of one pass. The watch counts prompts. Throws base::Error for an empty prompt and one past the model's context.
  PromptRuns(const model::CausalLM& lm, std::span<const PromptGroup> groups, int64_t token_budget = 2048, const base::Watch& watch = {});

  int64_t size() const { return states_.size(0); }      // P, in the order of the groups
  const at::Tensor& states() const { return states_; }  // [P, L, D]: of the last token, after every block
  const at::Tensor& hidden() const { return hidden_; }  // [P, D]: of the last token, as the unembedding reads it
  // As hidden(), with the last token's stream after block `layer` replaced by `states` [P, D].
  at::Tensor hidden_after(int64_t layer, const at::Tensor& states) const;

  // As hidden(), of the prompts of these numbers (again and again, if wanted): [R, D]. Of each, `edit` is called with its place in `prompts` and
  // the last token's values at a site of a block, axes as the site has them with T = 1, and writes into them.
  using Edit = std::function<void(size_t row, at::Tensor values)>;
  at::Tensor hidden_with(const model::Site& site, std::span<const int64_t> prompts, const Edit& edit) const;

 private:
  const model::CausalLM& lm_;
  int64_t token_budget_;
  std::vector<std::shared_ptr<const model::Cache>> prefixes_;  // of each prompt, all tokens but the last; null for one of one token
  at::Tensor entering_;                                        // [P, D]: the last token's stream that enters the first block
  at::Tensor states_, hidden_;
};

// The likeliest next token after each of hidden [W, D].
std::vector<TokenId> likeliest_next(const model::CausalLM& lm, const at::Tensor& hidden);

}  // namespace manabi::probe
