// Under clean white space a query is scored on the very tokens that a demonstration would show, for real tokenizers.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/data.h"
#include "tests/support/default_model.h"
#include "tests/world/toy_set.h"
#include "text/tokenizer.h"
#include "world/few_shot/few_shot.h"
#include "world/sets/published_sets.h"

namespace manabi::world {
namespace {

// `query` answered by its own label, and the same example as the first demonstration of a longer prompt.
struct Pair {
  std::string answered, demonstrated;
};

Pair pair_of(const PublishedSet& set, const PromptTemplate& prompt, const std::string& label) {
  const std::vector<std::string> fields = field_names_of(set.family);
  const Phrasing phrasing(prompt, fields);
  const Example query{"query", {fields.size(), "He said 42 things"}, 0}, other{"other", {fields.size(), "Was it fine ?"}, 0};
  const LabelledExample demonstration{&query, label};
  const Prompt asked = phrasing.prompt({}, query, WhiteSpace::clean);
  return {asked.context + asked.gap + label, phrasing.prompt({&demonstration, 1}, other, WhiteSpace::clean).context};
}

void expect_alike(const text::Tokenizer& tokenizer) {
  for (const PublishedSet& set : published_sets()) {
    std::vector<std::string> words;
    for (const ClassName& name : set.reading.classes) words.push_back(name.word);
    const auto expect_prefix = [&](const PromptTemplate& prompt, const std::string& label) {
      const Pair pair = pair_of(set, prompt, label);
      ASSERT_TRUE(pair.demonstrated.starts_with(pair.answered));
      const std::vector<text::TokenId> answered = tokenizer.encode(pair.answered), demonstrated = tokenizer.encode(pair.demonstrated);
      ASSERT_LT(answered.size(), demonstrated.size());
      EXPECT_TRUE(std::equal(answered.begin(), answered.end(), demonstrated.begin())) << set.name << ": " << pair.answered;
    };
    for (const PromptTemplate& prompt : natural_templates(set.family, set.about, words, set.name)) {
      for (const std::string& word : prompt.label_words) expect_prefix(prompt, word);
    }
    for (const PromptTemplate& prompt : minimal_templates(field_names_of(set.family), set.name)) {
      for (const std::string label : {"0", "5", "A", "Z", "@", "#", "$", "%", "*", "^"}) expect_prefix(prompt, label);
    }
  }
}

class CleanWhiteSpace : public ::testing::TestWithParam<std::string> {};

TEST_P(CleanWhiteSpace, QueriesAndDemonstrationsTokeniseAlike) {
  const std::string path = test::shared_path("tokenizers/ggml/ggml-vocab-" + GetParam() + ".gguf");
  MANABI_NEEDS(path);
  expect_alike(*text::open_tokenizer(path));
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, CleanWhiteSpace, ::testing::Values("gpt-2", "llama-spm", "mpt"), [](const auto& name) {
  return name.index == 0 ? "Gpt2" : name.index == 1 ? "LlamaSentencePiece" : "Mpt";
});

TEST(CleanWhiteSpaceOfTheDefaultModel, QueriesAndDemonstrationsTokeniseAlike) {
  MANABI_NEEDS_DEFAULT_MODEL();
  expect_alike(*text::open_tokenizer(test::default_model_path()));
}

}  // namespace
}  // namespace manabi::world
