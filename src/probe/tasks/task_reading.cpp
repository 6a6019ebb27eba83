#include "probe/tasks/task_reading.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace manabi::probe {

using world::Mapping;
using world::MappingItem;

namespace {

std::vector<PromptGroup> groups_of(const model::Checkpoint& checkpoint, std::span<const std::string> prompts) {
  std::vector<PromptGroup> groups;
  for (const std::string& prompt : prompts) groups.push_back({tokens_of(checkpoint, prompt)});
  return groups;
}

}  // namespace

std::vector<std::string> answers_after(const model::Checkpoint& checkpoint, const at::Tensor& hidden) {
  std::vector<std::string> answers;
  for (const TokenId token : likeliest_next(*checkpoint.lm, hidden)) answers.push_back(checkpoint.tokenizer->bytes_of(token));
  return answers;
}

// Behind each item's demonstrations its dummies, whose streams are averaged, and its query.
ReadItems read_items(const model::Checkpoint& checkpoint, std::vector<MappingItem> items, int64_t token_budget) {
  const c10::InferenceMode inference;
  std::vector<PromptGroup> groups;
  for (const MappingItem& item : items) {
    PromptGroup& group = groups.emplace_back();
    for (const Mapping& dummy : item.dummies) group.push_back(tokens_of(checkpoint, world::prompt_of(item.demonstrations, dummy.input)));
    group.push_back(tokens_of(checkpoint, world::prompt_of(item.demonstrations, item.query.input)));
  }
  const PromptRuns runs(*checkpoint.lm, groups, token_budget);
  const auto count = std::ssize(items), dummies = std::ssize(items.front().dummies);
  const at::Tensor states = runs.states().view({count, dummies + 1, runs.states().size(1), runs.states().size(2)});
  const at::Tensor queries = runs.hidden().view({count, dummies + 1, -1}).select(1, dummies);
  return {.items = std::move(items), .thetas = states.narrow(1, 0, dummies).mean(1), .regular = answers_after(checkpoint, queries.contiguous())};
}

Queries::Queries(const model::Checkpoint& checkpoint, std::span<const std::string> prompts, int64_t token_budget)
    : checkpoint_(checkpoint), runs_(*checkpoint.lm, groups_of(checkpoint, prompts), token_budget) {}

std::vector<std::string> Queries::answers(int64_t layer, const at::Tensor& vectors) const {
  const c10::InferenceMode inference;
  return answers_after(checkpoint_, runs_.hidden_after(layer, vectors.select(1, layer)));
}

LayerChoice choose_layer(const model::Checkpoint& checkpoint, world::AnswerRule rule, const ReadItems& items, int64_t token_budget) {
  const Queries queries(checkpoint, zero_shot_prompts(items.items), token_budget);
  const std::vector<std::string> outputs = outputs_of(items.items);
  LayerChoice choice;
  for (int64_t layer = 0; layer < checkpoint.lm->layers(); ++layer)
    choice.shares.push_back(share_of(judge(rule, outputs, queries.answers(layer, items.thetas))));
  choice.layer = std::ranges::max_element(choice.shares) - choice.shares.begin();
  return choice;
}

}  // namespace manabi::probe
