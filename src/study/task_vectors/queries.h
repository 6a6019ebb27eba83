// Prompts read once whose last token's stream is then replaced by vectors: what the model answers, and whether it is right.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/vectors/prompt_runs.h"
#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {

std::vector<text::TokenId> tokens_of(const model::Checkpoint& checkpoint, const std::string& prompt);
// The likeliest next token after each of hidden [P, D], as text.
std::vector<std::string> answers_after(const model::Checkpoint& checkpoint, const at::Tensor& hidden);

// Whether each answer is right for what stands in `outputs`.
std::vector<bool> judge(world::AnswerRule rule, std::span<const std::string> outputs, std::span<const std::string> answers);
double share_of(const std::vector<bool>& right);

class Queries {
 public:
  Queries(const model::Checkpoint& checkpoint, std::span<const std::string> prompts, int64_t token_budget);

  // With vectors [P, L, D] in place of the stream after a block.
  std::vector<std::string> answers(int64_t layer, const at::Tensor& vectors) const;
  std::vector<std::string> answers() const { return answers_after(checkpoint_, runs_.hidden()); }

 private:
  const model::Checkpoint& checkpoint_;
  probe::PromptRuns runs_;
};

// The layer whose vectors answer most items rightly behind their queries alone, the first among equals; its share with it.
struct LayerChoice {
  int64_t layer = 0;
  std::vector<double> shares;  // of every layer
};
LayerChoice choose_layer(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadItems& items, int64_t token_budget);

std::vector<std::string> outputs_of(std::span<const MappingItem> items);
std::vector<std::string> zero_shot_prompts(std::span<const MappingItem> items);

}  // namespace manabi::study::task_vectors
