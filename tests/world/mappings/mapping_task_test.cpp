#include "world/mappings/mapping_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "world/mappings/letter_tasks.h"
#include "world/mappings/mapping_prompts.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

const std::string kAssets = std::string(MANABI_SOURCE_FOLDER) + "/assets";

std::map<std::string, std::string> by_input(const std::vector<Mapping>& pairs) {
  std::map<std::string, std::string> all;
  for (const Mapping& pair : pairs) all[pair.input] = pair.output;
  return all;
}

TEST(IsRight, ComparesWithoutTheWhiteSpaceAround) {
  EXPECT_TRUE(is_right(AnswerRule::exact, " Paris", "Paris"));
  EXPECT_TRUE(is_right(AnswerRule::exact, "b\nexample", " b"));
  EXPECT_FALSE(is_right(AnswerRule::exact, "Par", "Paris"));
  EXPECT_FALSE(is_right(AnswerRule::exact, "", "Paris"));
  EXPECT_FALSE(is_right(AnswerRule::exact, "\n", "b"));
}

TEST(IsRight, APrefixOfEitherKindWillDoWhereTheRuleSaysSo) {
  EXPECT_TRUE(is_right(AnswerRule::prefix, " Par", "Paris"));
  EXPECT_TRUE(is_right(AnswerRule::prefix, "Parisian", "Paris"));
  EXPECT_FALSE(is_right(AnswerRule::prefix, "aris", "Paris"));
  EXPECT_FALSE(is_right(AnswerRule::prefix, " ", "Paris"));
  EXPECT_FALSE(is_right(AnswerRule::prefix, "", "Paris"));
}

TEST(LetterTasks, SayWhatTheirNamesSay) {
  EXPECT_EQ(letter_pairs("next_letter").size(), 25u);
  EXPECT_EQ(by_input(letter_pairs("next_letter")).at("y"), "z");
  EXPECT_EQ(by_input(letter_pairs("prev_letter")).at("b"), "a");
  EXPECT_FALSE(by_input(letter_pairs("prev_letter")).contains("a"));
  EXPECT_EQ(by_input(letter_pairs("to_upper")).at("q"), "Q");
  EXPECT_EQ(by_input(letter_pairs("to_lower")).at("Q"), "q");
  std::set<size_t> lengths;
  for (const auto& [name, at_front] : {std::pair{"list_first", true}, {"list_last", false}}) {
    for (const Mapping& pair : letter_pairs(name)) {
      EXPECT_EQ(pair.output[0], at_front ? pair.input.front() : pair.input.back());
      lengths.insert(pair.input.size());
    }
  }
  EXPECT_EQ(lengths, (std::set<size_t>{3, 5, 7}));
}

TEST(MappingCatalogue, OpensEverythingThatItCallsPresent) {
  const MappingCatalogue catalogue(kAssets, "");
  int64_t present = 0;
  for (const MappingCatalogue::Entry& entry : catalogue.entries(MappingCollection::task_vectors)) {
    if (!entry.is_present) continue;
    ++present;
    const MappingTask task = catalogue.open(entry.name);
    EXPECT_GE(task.pairs.size(), 25u) << entry.name;
    EXPECT_EQ(task.rule == AnswerRule::prefix, task.kind == "knowledge");
    EXPECT_EQ(by_input(task.pairs).size(), task.pairs.size()) << entry.name;
    for (const Mapping& pair : task.pairs) EXPECT_FALSE(pair.input.empty() || pair.output.empty()) << entry.name;
  }
  EXPECT_EQ(present, 15);
  EXPECT_EQ(catalogue.entries(MappingCollection::task_vectors).size(), 18u);
}

TEST(MappingCatalogue, FunctionsHaveBuiltInPairsForSomeOfTheirMainTasks) {
  const MappingCatalogue catalogue(kAssets, "");
  const std::vector<MappingCatalogue::Entry> entries = catalogue.entries(MappingCollection::function_vectors);
  int64_t main = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].is_present) continue;
    main += i < 6;
    EXPECT_GE(catalogue.open(entries[i].name).pairs.size(), 80u) << entries[i].name;
    EXPECT_EQ(catalogue.open(entries[i].name).rule, AnswerRule::exact);
  }
  EXPECT_EQ(main, 5);
  EXPECT_EQ(by_input(catalogue.open("singular-plural").pairs).at("cat"), "cats");
  EXPECT_THAT(test::error_of([&] { catalogue.open("word_length"); }), HasSubstr("function_vectors/abstractive/word_length.json"));
}

TEST(MappingCatalogue, AFileOfTheDataFolderStandsBeforeTheBuiltInList) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("task_vectors/knowledge"));
  const std::string path = folder.path("task_vectors/knowledge/country_capital.json");
  base::write_text_atomically(path, R"({"Utopia": "Amaurot", "Lilliput": "Mildendo"})");
  const MappingCatalogue catalogue(kAssets, folder.path(""));
  EXPECT_EQ(catalogue.open("country_capital").pairs.size(), 2u);
  EXPECT_NE(catalogue.open("country_capital").hash, MappingCatalogue(kAssets, "").open("country_capital").hash);
  base::write_text_atomically(path, R"({"Utopia": 3})");
  EXPECT_THAT(test::error_of([&] { catalogue.open("country_capital"); }), HasSubstr("key 'Utopia'"));
  base::write_text_atomically(path, R"("Utopia")");
  EXPECT_THAT(test::error_of([&] { catalogue.open("country_capital"); }), HasSubstr("neither object nor list"));
  base::write_text_atomically(path, R"([{"input": "Utopia", "output": "Amaurot"}, {"input": "Utopia", "output": "x"}])");
  EXPECT_EQ(catalogue.open("country_capital").pairs.size(), 1u);
  base::write_text_atomically(path, R"([{"input": "Utopia", "output": "Amaurot"}, {"input": "Lilliput"}])");
  EXPECT_THAT(test::error_of([&] { catalogue.open("country_capital"); }), HasSubstr("entry 1"));
  base::write_text_atomically(path, "{");
  EXPECT_THAT(test::error_of([&] { catalogue.open("country_capital"); }), HasSubstr("country_capital.json"));
}

TEST(MappingCatalogue, WhatIsNotThereIsSaid) {
  const MappingCatalogue catalogue(kAssets, "");
  EXPECT_THAT(test::error_of([&] { catalogue.open("antonymous"); }), HasSubstr("did you mean 'antonym"));
  EXPECT_THAT(test::error_of([&] { catalogue.open("person_language"); }), HasSubstr("task_vectors/knowledge/person_language.json"));
}

TEST(MappingPrompts, AreLinesOfExamples) {
  const std::vector<Mapping> pairs = {{"a", "b"}, {" c", " d"}};
  EXPECT_EQ(prompt_of(pairs, "e"), "example:a->b\nexample: c-> d\nexample:e->");
  EXPECT_EQ(prompt_of({}, "e"), "example:e->");
}

TEST(MappingPrompts, AnItemHoldsItsQueryApart) {
  const std::vector<Mapping> pairs = letter_pairs("next_letter");
  std::set<std::string> queries;
  for (uint64_t index = 0; index < 200; ++index) {
    const MappingItem item = draw_item(pairs, base::Rng(3).child(index), {.demonstrations = 5, .dummies = 2});
    ASSERT_EQ(item.demonstrations.size(), 5u);
    ASSERT_EQ(item.dummies.size(), 2u);
    std::set<std::string> inputs = {item.query.input};
    for (const Mapping& pair : item.demonstrations) EXPECT_TRUE(inputs.insert(pair.input).second);
    for (const Mapping& pair : item.dummies) EXPECT_NE(pair.input, item.query.input);
    queries.insert(item.query.input);
  }
  EXPECT_EQ(queries.size(), 25u);
  const MappingItem once = draw_item(pairs, base::Rng(3).child(uint64_t{7}), {}), again = draw_item(pairs, base::Rng(3).child(uint64_t{7}), {});
  EXPECT_EQ(prompt_of(once.demonstrations, once.query.input), prompt_of(again.demonstrations, again.query.input));
}

TEST(MappingPrompts, TooFewPairsAreRefused) {
  const std::vector<Mapping> pairs = {{"a", "b"}, {"c", "d"}};
  EXPECT_THAT(test::error_of([&] { draw_item(pairs, base::Rng(1), {.demonstrations = 2}); }), HasSubstr("at least 3"));
  EXPECT_EQ(draw_item(pairs, base::Rng(1), {.demonstrations = 1, .dummies = 3}).dummies.size(), 3u);
}

}  // namespace
}  // namespace manabi::world
