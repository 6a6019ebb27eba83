// What heads attend to on repeated random tokens (Olsson et al. 2022): rows of n random tokens, each row twice behind itself. Of a query in the
// second half the scores are its mean attention to
//   previous    the token before it
//   duplicate   its own first occurrence
//   induction   the token after its own first occurrence
#pragma once

#include <cstdint>
#include <vector>

#include "base/watch.h"
#include "model/causal_lm.h"

namespace manabi::probe {

struct HeadScoreOptions {
  int64_t rows = 8;
  int64_t repeated = 32;          // n: tokens before the row begins anew
  uint64_t seed = 0;              // of the tokens, drawn uniformly from the vocabulary
  model::TokenId beginning = -1;  // a token in front of every row, or -1
};

struct HeadScores {
  std::vector<std::vector<double>> previous, duplicate, induction;  // [layer][head], 0 to 1
};

// Throws base::Error for a model without attention patterns and for rows that its context does not hold. The watch counts rows.
HeadScores head_scores(const model::CausalLM& lm, const HeadScoreOptions& options, const base::Watch& watch = {});

}  // namespace manabi::probe
