#include "world/mappings/mapping_prompts.h"

#include <fmt/format.h>

#include "base/error.h"

namespace manabi::world {
namespace {

constexpr double kSpaceShare = 0.7;

// Outputs that are one token wherever they stand: so long as the mark in front of them stays a token of its own.
std::vector<Mapping> one_token_pairs(std::span<const Mapping> pairs, const std::string& space, const text::Tokenizer& tokenizer) {
  std::vector<Mapping> kept;
  for (const Mapping& pair : pairs)
    if (tokenizer.encode("!" + space + pair.output).size() == 2) kept.push_back({space + pair.input, space + pair.output});
  return kept;
}

}  // namespace

MappingItem draw_item(std::span<const Mapping> pairs, const base::Rng& rng, const MappingDraw& draw) {
  const auto count = std::ssize(pairs);
  if (count < draw.demonstrations + 1 || count < 2)
    throw base::Error({.given = fmt::format("{} pairs", count),
                       .expected = fmt::format("at least {}: a query and {} demonstrations", std::max<int64_t>(2, draw.demonstrations + 1),
                                               draw.demonstrations)});
  const auto pair_at = [&](int64_t index) { return pairs[static_cast<size_t>(index)]; };
  base::Rng order = rng.child("demonstrations");
  const std::vector<int64_t> chosen = order.permutation(count);
  MappingItem item{.query = pair_at(chosen[0])};
  for (int64_t i = 1; i <= draw.demonstrations; ++i) item.demonstrations.push_back(pair_at(chosen[static_cast<size_t>(i)]));
  base::Rng dummies = rng.child("dummies");
  for (int64_t i = 0; i < draw.dummies; ++i)  // any but the query, which stands first in the permutation
    item.dummies.push_back(pair_at(chosen[1 + dummies.below(static_cast<uint64_t>(count) - 1)]));
  return item;
}

std::string prompt_of(std::span<const Mapping> demonstrations, const std::string& query, const MappingForm& form) {
  std::string prompt;
  for (const Mapping& pair : demonstrations) prompt += form.before_input + pair.input + form.before_output + pair.output + form.after_output;
  return prompt + form.before_input + query + form.before_output;
}

std::vector<Mapping> one_token_pairs(const MappingTask& task, const text::Tokenizer& tokenizer) {
  if (task.rule == AnswerRule::prefix) return task.pairs;
  const std::vector<Mapping> plain = one_token_pairs(task.pairs, "", tokenizer), spaced = one_token_pairs(task.pairs, " ", tokenizer);
  return static_cast<double>(spaced.size()) >= kSpaceShare * static_cast<double>(plain.size()) ? spaced : plain;
}

}  // namespace manabi::world
