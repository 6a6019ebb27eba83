// Scores token sequences under a causal model, computing every shared prefix once. The sequences form a tree; a node that several continue
// becomes a cache, all nodes of one depth run packed in one forward pass up to a token budget.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/watch.h"
#include "model/causal_lm.h"

namespace manabi::learn {

using text::TokenId;

// Tokens [scored_from, tokens.size()) are scored given all before them; 0 < scored_from < tokens.size().
struct ScoredSequence {
  std::vector<TokenId> tokens;
  int64_t scored_from = 1;
};

struct ScoreOptions {
  int64_t token_budget = 2048;        // tokens of one forward pass
  int64_t cache_budget_mib = 256;     // keys and values kept at once
  int64_t shortest_shared = 16;       // a shared run shorter than this is computed again rather than kept
  bool share_prefixes = true;         // off: every sequence alone (the reference that tests compare with)
  bool normalised = true;             // off: logits without the normaliser; comparable between sequences with the same prompt only
};

struct ScoreCost {
  int64_t tokens_given = 0;     // over all sequences, without sharing
  int64_t tokens_computed = 0;  // that went through the model
};

// The sum of log-probabilities (nats) of each sequence's scored tokens, in order. A result does not depend on the order of the sequences,
// the budget or the sharing beyond the dtype's rounding (float32: 1e-4). Cancellation is seen between forward passes.
std::vector<double> score_sequences(const model::CausalLM& lm, std::span<const ScoredSequence> sequences, const ScoreOptions& options,
                                    const base::Watch& watch = {}, ScoreCost* cost = nullptr);

}  // namespace manabi::learn
