// Scores token sequences under a causal model, computing every shared prefix once. The sequences form a tree whose branches are rows of
// forward passes; a row that several others continue leaves a cache behind. What runs when is decided before anything runs (score_plan.h).
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
  int64_t token_budget = 2048;     // tokens of one forward pass; a single longer row goes alone
  int64_t cache_budget_mib = 256;  // keys and values kept at once; exceeded only by a single chain of prefixes that needs more
  int64_t shortest_shared = 16;    // a shared run shorter than this is computed again rather than kept, unless very many share it
  bool share_prefixes = true;      // off: every sequence alone, in a pass of its own (the reference that tests compare with)
  bool normalised = true;          // off: logits without the normaliser; comparable between one-token answers to the same prompt only
};

struct ScoreCost {
  int64_t tokens_given = 0;     // over all sequences, without sharing
  int64_t tokens_computed = 0;  // that went through the model
};

// The sum of log-probabilities (nats) of each sequence's scored tokens, in order. A result does not depend on the order of the sequences
// at all, nor on the budgets or the sharing beyond the dtype's rounding (float32: 1e-4). The watch counts computed tokens; cancellation is
// seen between forward passes. What was computed is added to `cost` at the end. Throws base::Error for a sequence without a scored token and for
// a score that is not finite.
std::vector<double> score_sequences(const model::CausalLM& lm, std::span<const ScoredSequence> sequences, const ScoreOptions& options,
                                    const base::Watch& watch = {}, ScoreCost* cost = nullptr);

}  // namespace manabi::learn
