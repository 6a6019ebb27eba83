#include "world/sets/asked_hash.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

namespace manabi::world {
namespace {

PromptTemplate prompt(const char* text) {
  return {.text = text::Template(text, "test"), .published = text::Template(text, "test"), .label_words = {"great", "terrible"}};
}

Dataset small_set() {
  return {.name = "small",
          .field_names = {"sentence"},
          .label_words = {"good", "bad"},
          .natural = {prompt("{sentence} It was{answer}")},
          .hash = "abc"};
}

TEST(AskedHash, ChangesWithEverythingThatAQuestionIsWrittenWith) {
  const std::vector<std::function<void(Dataset&)>> changes = {
      [](Dataset& set) { set.hash = "abd"; },
      [](Dataset& set) { set.field_names = {"text"}; },
      [](Dataset& set) {
        set.label_words = {"bad", "good"};
      },
      [](Dataset& set) { set.natural[0].text = prompt("{sentence} It is{answer}").text; },
      [](Dataset& set) {
        set.natural[0].label_words = {"great", "awful"};
      },
      [](Dataset& set) { set.minimal = set.natural; },
      [](Dataset& set) { std::swap(set.minimal, set.natural); }};
  std::set<std::string> hashes = {asked_hash(small_set())};
  for (const auto& change : changes) {
    Dataset set = small_set();
    change(set);
    hashes.insert(asked_hash(set));
  }
  EXPECT_EQ(hashes.size(), changes.size() + 1);
  EXPECT_EQ(asked_hash(small_set()), asked_hash(small_set()));
}

}  // namespace
}  // namespace manabi::world
