#include "world/sets/asked_hash.h"

#include <vector>

#include "base/hash.h"

namespace manabi::world {

std::string asked_hash(const Dataset& dataset) {
  std::string text = dataset.hash + "\n";
  // Lengths stand in front, so that no two sets spell the same text.
  const auto add = [&](const std::string& part) { text += std::to_string(part.size()) + ":" + part + "\n"; };
  const auto add_all = [&](const std::vector<std::string>& parts) {
    add(std::to_string(parts.size()));
    for (const std::string& part : parts) add(part);
  };
  add_all(dataset.field_names);
  add_all(dataset.label_words);
  for (const std::vector<PromptTemplate>* templates : {&dataset.natural, &dataset.minimal}) {
    add(std::to_string(templates->size()));
    for (const PromptTemplate& prompt : *templates) {
      add(prompt.text.source());
      add(prompt.published.source());
      add_all(prompt.label_words);
    }
  }
  return base::sha256(text);
}

}  // namespace manabi::world
