#include "world/mappings/made_up_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"

namespace manabi::world {
namespace {

std::string letter(int64_t index, char first) { return std::string(1, static_cast<char>(first + index)); }

// A letter's neighbour in the alphabet, in capitals.
MadeUpTask neighbour_in_capitals(const std::string& name, int64_t step) {
  std::vector<Mapping> pairs;
  for (int64_t i = 0; i < 26; ++i)
    if (i + step >= 0 && i + step < 26) pairs.push_back({letter(i, 'a'), letter(i + step, 'A')});
  return {.name = name, .novelty = Novelty::two_steps, .draw = [pairs](const base::Rng& rng, const MappingDraw& draw) {
            return draw_item(pairs, rng, draw);
          }};
}

// Two classes of inputs under two labels of the prompt's own. Both classes are among the demonstrations where there are two or more.
MadeUpTask classes_with_labels(const std::string& name, std::vector<std::string> first, std::vector<std::string> second,
                               std::vector<std::string> labels) {
  const auto draw_labels = [labels = std::move(labels)](const base::Rng& rng) {
    base::Rng own = rng.child("labels");
    const std::vector<int64_t> order = own.permutation(std::ssize(labels));
    return std::pair(labels[static_cast<size_t>(order[0])], labels[static_cast<size_t>(order[1])]);
  };
  return {.name = name, .novelty = Novelty::labels, .draw = [=](const base::Rng& rng, const MappingDraw& draw) {
            const auto [of_first, of_second] = draw_labels(rng);
            std::vector<Mapping> pairs;
            for (const std::string& input : first) pairs.push_back({input, of_first});
            for (const std::string& input : second) pairs.push_back({input, of_second});
            for (uint64_t attempt = 0;; ++attempt) {
              MappingItem item = draw_item(pairs, rng.child("items").child(attempt), draw);
              std::set<std::string> shown;
              for (const Mapping& pair : item.demonstrations) shown.insert(pair.output);
              if (std::ssize(shown) == std::min<int64_t>(2, draw.demonstrations)) return item;
            }
          }};
}

// Inputs with outputs drawn for this prompt, each output once; what is asked was shown.
MadeUpTask pairs_of_the_prompt(const std::string& name, std::vector<std::string> inputs, std::vector<std::string> outputs) {
  return {.name = name, .novelty = Novelty::correspondence, .draw = [=](const base::Rng& rng, const MappingDraw& draw) {
            const int64_t shown = draw.demonstrations;
            if (shown < 2 || shown > std::min(std::ssize(inputs), std::ssize(outputs)))
              throw base::Error(
                  {.where = "task " + name,
                   .given = fmt::format("{} demonstrations", shown),
                   .expected = fmt::format("2 to {}: what is asked is among them", std::min(std::ssize(inputs), std::ssize(outputs)))});
            base::Rng left = rng.child("inputs"), right = rng.child("outputs"), asked = rng.child("asked");
            const std::vector<int64_t> from = left.permutation(std::ssize(inputs)), to = right.permutation(std::ssize(outputs));
            MappingItem item;
            for (int64_t i = 0; i < shown; ++i)
              item.demonstrations.push_back(
                  {inputs[static_cast<size_t>(from[static_cast<size_t>(i)])], outputs[static_cast<size_t>(to[static_cast<size_t>(i)])]});
            const uint64_t query = asked.below(static_cast<uint64_t>(shown));
            item.query = item.demonstrations[query];
            for (int64_t i = 0; i < draw.dummies; ++i) {
              const uint64_t other = asked.below(static_cast<uint64_t>(shown) - 1);
              item.dummies.push_back(item.demonstrations[other < query ? other : other + 1]);
            }
            return item;
          }};
}

std::vector<std::string> inputs_of(const std::string& task, const std::string& assets_folder) {
  std::vector<std::string> inputs;
  for (const Mapping& pair : MappingCatalogue(assets_folder, "").open(task).pairs) inputs.push_back(" " + pair.input);
  return inputs;
}

}  // namespace

std::string name_of(Novelty novelty) {
  switch (novelty) {
    case Novelty::two_steps:
      return "two known steps";
    case Novelty::labels:
      return "labels made up";
    case Novelty::correspondence:
      return "pairs made up";
  }
  return "";
}

std::vector<MadeUpTask> made_up_tasks(const std::string& assets_folder) {
  std::vector<std::string> lower, upper, labels, digits;
  for (int64_t i = 0; i < 26; ++i) {
    lower.push_back(letter(i, 'a'));
    upper.push_back(letter(i, 'A'));
    labels.push_back(" " + letter(i, 'A'));
  }
  for (int64_t i = 0; i < 10; ++i) digits.push_back(letter(i, '0'));
  const std::vector<std::string> countries = inputs_of("country_capital", assets_folder),
                                 verbs = inputs_of("present_simple_gerund", assets_folder);
  return {neighbour_in_capitals("next_in_capitals", 1),
          neighbour_in_capitals("previous_in_capitals", -1),
          classes_with_labels("country_or_verb", countries, verbs, labels),
          classes_with_labels("capital_or_not", lower, upper, digits),
          pairs_of_the_prompt("letter_pairs", lower, lower),
          pairs_of_the_prompt("country_letters", countries, labels)};
}

}  // namespace manabi::world
