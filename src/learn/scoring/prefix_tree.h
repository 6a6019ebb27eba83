// The tree of shared prefixes: which stretch of which sequence has to run, once, and after which other stretch.
//
// The last token of a sequence is only predicted, never read, so a sequence's *run* is all its tokens but the last. A run that is the
// beginning of another (or equal to it) needs no row of its own: it is scored where the longer one passes. Single-token choices of one
// context have the same run and therefore collapse into one row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learn/scoring/scorer.h"

namespace manabi::learn {

constexpr int64_t kNoParent = -1;

// What one more forward pass costs, in tokens: a pass of few tokens is bound by reading the weights once.
constexpr int64_t kTokensPerPass = 64;

// Tokens [begin, end) of sequence `source`, read after the row `parent`, which ends at `begin`.
struct PrefixRow {
  int64_t source = 0;
  int64_t parent = kNoParent;
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<int64_t> children;   // rows that continue this one; with any, its keys and values are kept
  std::vector<int64_t> sequences;  // those with a scored position in [begin, end), ascending

  int64_t length() const { return end - begin; }
  bool keeps_cache() const { return !children.empty(); }
};

inline int64_t run_length(const ScoredSequence& sequence) { return static_cast<int64_t>(sequence.tokens.size()) - 1; }

// Rows in depth-first order, parents first. The rows depend on the set of sequences only, not on their order. A shared run becomes a row of
// its own when it is at least `shortest_shared` tokens long or saves a pass's worth of tokens by itself, and all rows of its depth together
// save at least a pass's worth; otherwise each sequence that shares it computes it again.
std::vector<PrefixRow> shared_rows(std::span<const ScoredSequence> sequences, int64_t shortest_shared);

// One row a sequence, nothing shared: the reference.
std::vector<PrefixRow> separate_rows(std::span<const ScoredSequence> sequences);

}  // namespace manabi::learn
