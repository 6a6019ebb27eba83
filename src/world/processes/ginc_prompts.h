// Prompts of GINC: examples of k tokens each, from one concept and one start property, with a delimiter between them, and a last example whose
// last token is asked.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "world/processes/ginc.h"

namespace manabi::world {

// known: from a concept of the documents. unseen: the same from a concept that no document was made of. scattered: every example draws its
// properties independently and keeps one entity, as the published unseen prompts do; its answer is an unseen concept's.
enum class PromptKind { known, unseen, scattered };

struct GincPrompt {
  std::vector<std::vector<int64_t>> examples;  // n of k tokens
  std::vector<int64_t> query;                  // k - 1 tokens
  int64_t concept_index = 0;
  int64_t property = 0;  // at which every example begins; of scattered ones the last example's first
  int64_t answer = 0;    // the most probable next token for the concept, entities uniform at first (not the token that was drawn)

  // As a network reads it: examples, a delimiter after each, the query.
  std::vector<int64_t> tokens() const;
};

struct GincPromptsConfig {
  int64_t examples = 0;        // n
  int64_t example_tokens = 3;  // k
  PromptKind kind = PromptKind::known;
  uint64_t seed = 0;
};

// Prompt `index`, a pure function of its arguments. Throws base::Error for examples of fewer than two tokens, or unseen concepts of a process
// that has none.
GincPrompt ginc_prompt(const Ginc& process, const GincPromptsConfig& config, int64_t index);

}  // namespace manabi::world
