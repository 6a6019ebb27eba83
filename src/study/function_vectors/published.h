// Todd et al. 2024: what they report of GPT-J. Six-task means and compositions are from the paper's tables as others quote them; nothing here is
// used but to stand beside our figures.
#pragma once

#include <array>

namespace manabi::study::function_vectors {

struct PublishedContext {
  const char* context;
  double without, with;
};
inline constexpr std::array<PublishedContext, 2> kPublishedContexts = {{{"zero-shot", .055, .575}, {"shuffled outputs", .391, .908}}};

struct PublishedComposition {
  const char* task;
  double sum, regular;
};
inline constexpr std::array<PublishedComposition, 3> kPublishedCompositions = {
    {{"capitalize_first_letter", .95, .75}, {"country-capital", .60, .32}, {"antonym", .07, .25}}};

}  // namespace manabi::study::function_vectors
