// How pairs of a mapping become a prompt, and how items are drawn: demonstrations, a query, and dummy queries whose answers nobody asks for
// (Hendel et al. 2023).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "text/tokenizer.h"
#include "world/mappings/mapping_task.h"

namespace manabi::world {

struct MappingItem {
  Mapping query;
  std::vector<Mapping> demonstrations;
  std::vector<Mapping> dummies;
};

struct MappingDraw {
  int64_t demonstrations = 5;
  int64_t dummies = 2;
};

// One item: the query is any pair, demonstrations are others, each once; dummies are any but the query and may coincide with a demonstration.
// A pure function of its arguments. Throws base::Error for fewer pairs than an item needs.
MappingItem draw_item(std::span<const Mapping> pairs, const base::Rng& rng, const MappingDraw& draw);

// What stands around inputs and outputs.
struct MappingForm {
  std::string before_input, before_output, after_output;
};
inline const MappingForm kArrowForm = {"example:", "->", "\n"};   // Hendel et al. 2023
inline const MappingForm kQuestionForm = {"Q:", "\nA:", "\n\n"};  // Todd et al. 2024; inputs and outputs bring their own space

// The demonstrations, each as before_input x before_output y after_output, and the query up to its output. Without demonstrations the query
// alone.
std::string prompt_of(std::span<const Mapping> demonstrations, const std::string& query, const MappingForm& form = kArrowForm);

// The pairs whose output is one token behind the arrow, with inputs and outputs as the prompt writes them: both begin with a space where that
// leaves at least 70 % as many pairs. Tasks judged by prefixes keep all pairs as they are.
std::vector<Mapping> one_token_pairs(const MappingTask& task, const text::Tokenizer& tokenizer);

}  // namespace manabi::world
