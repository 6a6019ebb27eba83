#include "probe/tasks/task_items.h"

#include <algorithm>

#include "learn/scoring/beginning.h"

namespace manabi::probe {

using world::MappingItem;

ReadableTask readable(const world::MappingTask& task, const text::Tokenizer& tokenizer) {
  return {.name = task.name, .rule = task.rule, .pairs = world::one_token_pairs(task, tokenizer)};
}

std::vector<MappingItem> draw_items(const ReadableTask& task, int64_t count, const base::Rng& rng, const world::MappingDraw& draw) {
  std::vector<MappingItem> items;
  for (int64_t index = 0; index < count; ++index) {
    const base::Rng own = rng.child(static_cast<uint64_t>(index));
    items.push_back(task.make ? task.make(own, draw) : world::draw_item(task.pairs, own, draw));
  }
  return items;
}

std::vector<std::string> outputs_of(std::span<const MappingItem> items) {
  std::vector<std::string> outputs;
  for (const MappingItem& item : items) outputs.push_back(item.query.output);
  return outputs;
}

std::vector<std::string> zero_shot_prompts(std::span<const MappingItem> items, const world::MappingForm& form) {
  std::vector<std::string> prompts;
  for (const MappingItem& item : items) prompts.push_back(world::prompt_of({}, item.query.input, form));
  return prompts;
}

std::vector<std::string> prompts_of(std::span<const MappingItem> items, const world::MappingForm& form) {
  std::vector<std::string> prompts;
  for (const MappingItem& item : items) prompts.push_back(world::prompt_of(item.demonstrations, item.query.input, form));
  return prompts;
}

std::vector<text::TokenId> tokens_of(const model::Checkpoint& checkpoint, const std::string& prompt) {
  std::vector<text::TokenId> tokens = checkpoint.tokenizer->encode(prompt);
  learn::add_beginning(tokens, learn::beginning_of(*checkpoint.tokenizer, learn::BeginningToken::as_checkpoint));
  return tokens;
}

std::vector<MappingItem> with_shuffled_outputs(std::vector<MappingItem> items, const base::Rng& rng) {
  for (size_t index = 0; index < items.size(); ++index) {
    std::vector<std::string> outputs;
    for (const world::Mapping& pair : items[index].demonstrations) outputs.push_back(pair.output);
    base::Rng order = rng.child(static_cast<uint64_t>(index));
    order.shuffle(std::span(outputs));
    for (size_t i = 0; i < outputs.size(); ++i) items[index].demonstrations[i].output = outputs[i];
  }
  return items;
}

std::vector<bool> judge(world::AnswerRule rule, std::span<const std::string> outputs, std::span<const std::string> answers) {
  std::vector<bool> right;
  for (size_t i = 0; i < outputs.size(); ++i) right.push_back(world::is_right(rule, answers[i], outputs[i]));
  return right;
}

double share_of(const std::vector<bool>& right) {
  return right.empty() ? 0 : static_cast<double>(std::ranges::count(right, true)) / static_cast<double>(right.size());
}

}  // namespace manabi::probe
