// Which rows run together and when their caches go: decided before anything runs, from lengths alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learn/scoring/prefix_tree.h"

namespace manabi::learn {

struct PlannedPass {
  std::vector<int64_t> rows;      // each row's parent ran in an earlier pass
  std::vector<int64_t> released;  // rows whose caches nobody needs after this pass
  int64_t tokens = 0;             // over its rows
};

struct ScorePlan {
  std::vector<PrefixRow> rows;
  std::vector<PlannedPass> passes;
  int64_t tokens = 0;             // over all rows
  int64_t peak_cache_tokens = 0;  // positions whose keys and values are held at once, at most
};

// Rows whose prefixes are ready are packed up to `options.token_budget`, deepest first: that releases caches early and lets the short ends of
// one prompt travel with the beginning of the next. A row that leaves a cache waits while more than `cache_tokens` would be held, unless nothing
// else can run.
ScorePlan plan_scores(std::span<const ScoredSequence> sequences, const ScoreOptions& options, int64_t cache_tokens);

}  // namespace manabi::learn
