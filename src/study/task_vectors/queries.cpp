#include "study/task_vectors/queries.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "learn/scoring/beginning.h"

namespace manabi::study::task_vectors {
namespace {

std::vector<probe::PromptGroup> groups_of(const model::Checkpoint& checkpoint, std::span<const std::string> prompts) {
  std::vector<probe::PromptGroup> groups;
  for (const std::string& prompt : prompts) groups.push_back({tokens_of(checkpoint, prompt)});
  return groups;
}

}  // namespace

std::vector<text::TokenId> tokens_of(const model::Checkpoint& checkpoint, const std::string& prompt) {
  std::vector<text::TokenId> tokens = checkpoint.tokenizer->encode(prompt);
  learn::add_beginning(tokens, learn::beginning_of(*checkpoint.tokenizer, learn::BeginningToken::as_checkpoint));
  return tokens;
}

std::vector<std::string> answers_after(const model::Checkpoint& checkpoint, const at::Tensor& hidden) {
  std::vector<std::string> answers;
  for (const text::TokenId token : probe::likeliest_next(*checkpoint.lm, hidden)) answers.push_back(checkpoint.tokenizer->bytes_of(token));
  return answers;
}

std::vector<bool> judge(world::AnswerRule rule, std::span<const std::string> outputs, std::span<const std::string> answers) {
  std::vector<bool> right;
  for (size_t i = 0; i < outputs.size(); ++i) right.push_back(world::is_right(rule, answers[i], outputs[i]));
  return right;
}

double share_of(const std::vector<bool>& right) {
  return right.empty() ? 0 : static_cast<double>(std::ranges::count(right, true)) / static_cast<double>(right.size());
}

Queries::Queries(const model::Checkpoint& checkpoint, std::span<const std::string> prompts, int64_t token_budget)
    : checkpoint_(checkpoint), runs_(*checkpoint.lm, groups_of(checkpoint, prompts), token_budget) {}

std::vector<std::string> Queries::answers(int64_t layer, const at::Tensor& vectors) const {
  const c10::InferenceMode inference;
  return answers_after(checkpoint_, runs_.hidden_after(layer, vectors.select(1, layer)));
}

LayerChoice choose_layer(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadItems& items, int64_t token_budget) {
  const Queries queries(checkpoint, zero_shot_prompts(items.items), token_budget);
  const std::vector<std::string> outputs = outputs_of(items.items);
  LayerChoice choice;
  for (int64_t layer = 0; layer < checkpoint.lm->layers(); ++layer)
    choice.shares.push_back(share_of(judge(task.rule, outputs, queries.answers(layer, items.thetas))));
  choice.layer = std::ranges::max_element(choice.shares) - choice.shares.begin();
  return choice;
}

std::vector<std::string> outputs_of(std::span<const MappingItem> items) {
  std::vector<std::string> outputs;
  for (const MappingItem& item : items) outputs.push_back(item.query.output);
  return outputs;
}

std::vector<std::string> zero_shot_prompts(std::span<const MappingItem> items) {
  std::vector<std::string> prompts;
  for (const MappingItem& item : items) prompts.push_back(world::prompt_of({}, item.query.input));
  return prompts;
}

}  // namespace manabi::study::task_vectors
