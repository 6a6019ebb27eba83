// Mappings as a model reads them: items with their prompts, and whether what a model says is right.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/checkpoint.h"
#include "world/mappings/mapping_prompts.h"

namespace manabi::probe {

// A task with inputs and outputs as the prompt writes them: pairs, or items that are made up one by one.
struct ReadableTask {
  std::string name;
  world::AnswerRule rule = world::AnswerRule::exact;
  std::vector<world::Mapping> pairs;
  std::function<world::MappingItem(const base::Rng& rng, const world::MappingDraw& draw)> make = nullptr;
};

// Those pairs of a task that this tokenizer lets be asked for one token.
ReadableTask readable(const world::MappingTask& task, const text::Tokenizer& tokenizer);

std::vector<world::MappingItem> draw_items(const ReadableTask& task, int64_t count, const base::Rng& rng, const world::MappingDraw& draw);

std::vector<std::string> outputs_of(std::span<const world::MappingItem> items);
std::vector<std::string> zero_shot_prompts(std::span<const world::MappingItem> items, const world::MappingForm& form = world::kArrowForm);
// With the item's demonstrations.
std::vector<std::string> prompts_of(std::span<const world::MappingItem> items, const world::MappingForm& form = world::kArrowForm);

// The beginning token in front where the checkpoint wants one.
std::vector<text::TokenId> tokens_of(const model::Checkpoint& checkpoint, const std::string& prompt);

// The same demonstrations with their outputs changed round.
std::vector<world::MappingItem> with_shuffled_outputs(std::vector<world::MappingItem> items, const base::Rng& rng);

// Whether each answer is right for what stands in `outputs`.
std::vector<bool> judge(world::AnswerRule rule, std::span<const std::string> outputs, std::span<const std::string> answers);
double share_of(const std::vector<bool>& right);

}  // namespace manabi::probe
