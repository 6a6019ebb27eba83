// Greedy continuations of many prompts at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/watch.h"
#include "model/causal_lm.h"
#include "text/tokenizer.h"

namespace manabi::learn {

struct ContinueOptions {
  int64_t tokens = 32;          // at most so many
  std::string stop = "\n";      // ends (not included) where this text appears; "" = only at the end token
  int64_t token_budget = 2048;  // of the prompts that are continued together
};

// What `generate` gives at temperature 0 for each prompt, of at least one token, in order: it does not depend on which prompts are continued
// together, beyond the dtype's rounding. The watch counts prompts. Throws base::Error for an empty prompt and one that leaves no room.
std::vector<std::string> continue_all(const model::CausalLM& lm, const text::Tokenizer& tokenizer,
                                      std::span<const std::vector<text::TokenId>> prompts, const ContinueOptions& options,
                                      const base::Watch& watch = {});

}  // namespace manabi::learn
