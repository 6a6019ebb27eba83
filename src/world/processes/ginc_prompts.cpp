#include "world/processes/ginc_prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kWhere = "GINC prompts";

// The distribution of the token after these for a concept, [symbols], entities uniform at `property` (any property where there is none); nothing
// where the concept cannot have made the tokens.
std::optional<std::vector<double>> next_token(const Ginc& process, int64_t concept_index, std::optional<int64_t> property,
                                              std::span<const int64_t> tokens) {
  const auto states = static_cast<size_t>(process.states());
  const int64_t properties = process.config().properties;
  std::vector<double> mass(states), next(states);
  for (size_t state = 0; state < states; ++state)
    if (!property || static_cast<int64_t>(state) % properties == *property) mass[state] = 1;
  for (const int64_t token : tokens) {
    double sum = 0;
    for (size_t state = 0; state < states; ++state)
      sum += process.symbol_of(static_cast<int64_t>(state)) == token ? mass[state] : mass[state] = 0;
    if (sum == 0) return std::nullopt;
    process.step(concept_index, mass, next);
    for (size_t state = 0; state < states; ++state) mass[state] = next[state] / sum;
  }
  std::vector<double> probabilities(static_cast<size_t>(process.config().symbols));
  for (size_t state = 0; state < states; ++state)
    probabilities[static_cast<size_t>(process.symbol_of(static_cast<int64_t>(state)))] += mass[state];
  return probabilities;
}

int64_t any_entity(const Ginc& process, base::Rng& rng) {
  return static_cast<int64_t>(rng.below(static_cast<uint64_t>(process.config().entities)));
}
int64_t any_property(const Ginc& process, base::Rng& rng) {
  return 1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(process.config().properties - 1)));
}

// Jumps are no part of a prompt.
std::vector<int64_t> example_of(const Ginc& process, int64_t concept_index, int64_t property, int64_t tokens, base::Rng& rng) {
  int64_t state = any_entity(process, rng) * process.config().properties + property;
  std::vector<int64_t> example = {process.symbol_of(state)};
  while (std::ssize(example) < tokens) {
    state = process.next_without_jump(concept_index, state, rng);
    example.push_back(process.symbol_of(state));
  }
  return example;
}

std::vector<int64_t> scattered_example(const Ginc& process, int64_t tokens, int64_t& first_property, base::Rng& rng) {
  const int64_t entity = any_entity(process, rng);
  std::vector<int64_t> example;
  for (int64_t i = 0; i < tokens; ++i) {
    const int64_t property = any_property(process, rng);
    if (i == 0) first_property = property;
    example.push_back(process.symbol_of(entity * process.config().properties + property));
  }
  return example;
}

}  // namespace

std::vector<int64_t> GincPrompt::tokens() const {
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& example : examples) {
    all.insert(all.end(), example.begin(), example.end());
    all.push_back(0);
  }
  all.insert(all.end(), query.begin(), query.end());
  return all;
}

GincPrompt ginc_prompt(const Ginc& process, const GincPromptsConfig& config, int64_t index) {
  require(config.example_tokens >= 2, {.where = kWhere,
                                       .given = fmt::format("examples of {} tokens", config.example_tokens),
                                       .expected = "at least 2: one that is shown and one that is asked"});
  const int64_t unseen = process.config().concepts - process.config().known;
  require(config.kind == PromptKind::known || unseen > 0,
          {.where = kWhere, .given = "prompts from unseen concepts", .expected = "a process with more concepts than known ones"});
  base::Rng rng = base::Rng(config.seed)
                      .child("prompts")
                      .child(static_cast<uint64_t>(config.example_tokens))
                      .child(static_cast<uint64_t>(config.examples))
                      .child(static_cast<uint64_t>(index));
  // A scattered query can be impossible for the concept that is to answer it: then another prompt is drawn.
  while (true) {
    GincPrompt prompt;
    prompt.concept_index = config.kind == PromptKind::known
                               ? static_cast<int64_t>(rng.below(static_cast<uint64_t>(process.config().known)))
                               : process.config().known + static_cast<int64_t>(rng.below(static_cast<uint64_t>(unseen)));
    prompt.property = any_property(process, rng);
    for (int64_t i = 0; i <= config.examples; ++i)
      prompt.examples.push_back(config.kind == PromptKind::scattered
                                    ? scattered_example(process, config.example_tokens, prompt.property, rng)
                                    : example_of(process, prompt.concept_index, prompt.property, config.example_tokens, rng));
    prompt.query = std::move(prompt.examples.back());
    prompt.examples.pop_back();
    prompt.query.pop_back();
    const auto probabilities = next_token(process, prompt.concept_index, prompt.property, prompt.query);
    if (!probabilities) continue;
    prompt.answer = std::ranges::max_element(*probabilities) - probabilities->begin();
    return prompt;
  }
}

}  // namespace manabi::world
