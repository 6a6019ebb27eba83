// Task vectors of many items at once (Hendel, Geva and Globerson 2023): theta is the stream of the last token, behind a block, of a prompt of
// demonstrations and a dummy query; put in the place of the same stream of other prompts, it stands for the demonstrations.
//
// Letters: P items, L blocks, D width.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/tasks/task_items.h"
#include "probe/vectors/prompt_runs.h"

namespace manabi::probe {

// The likeliest next token after each of hidden [P, D], as text.
std::vector<std::string> answers_after(const model::Checkpoint& checkpoint, const at::Tensor& hidden);

// Items with their prompts read: thetas and what the model says by itself.
struct ReadItems {
  std::vector<world::MappingItem> items;
  at::Tensor thetas;                 // [P, L, D], means over an item's dummies
  std::vector<std::string> regular;  // what the model says behind the demonstrations and the query
};

// All items have as many dummies, at least one.
ReadItems read_items(const model::Checkpoint& checkpoint, std::vector<world::MappingItem> items, int64_t token_budget);

// Prompts read once whose last token's stream is then replaced by vectors.
class Queries {
 public:
  Queries(const model::Checkpoint& checkpoint, std::span<const std::string> prompts, int64_t token_budget);

  // With vectors [P, L, D] in place of the stream after a block.
  std::vector<std::string> answers(int64_t layer, const at::Tensor& vectors) const;
  std::vector<std::string> answers() const { return answers_after(checkpoint_, runs_.hidden()); }

  const PromptRuns& runs() const { return runs_; }

 private:
  const model::Checkpoint& checkpoint_;
  PromptRuns runs_;
};

// The layer whose vectors answer most items rightly behind their queries alone, the first among equals; its share with it.
struct LayerChoice {
  int64_t layer = 0;
  std::vector<double> shares;  // of every layer
};
LayerChoice choose_layer(const model::Checkpoint& checkpoint, world::AnswerRule rule, const ReadItems& items, int64_t token_budget);

}  // namespace manabi::probe
