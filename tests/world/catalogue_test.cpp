// The built-in sets as the catalogue opens them, how splits are finished, and the scores that need all predictions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/toy_set.h"
#include "world/classification.h"
#include "world/episode.h"
#include "world/few_shot/few_shot.h"
#include "world/sets/assembly.h"

namespace manabi::world {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Eight rows a class; the placeholders need no sense.
std::string rows(const std::vector<std::string>& labels, int fields) {
  std::string text = "# language: en\n# licence: Apache-2.0\n";
  for (int i = 0; i < 8; ++i) {
    for (const std::string& label : labels) {
      text += label;
      for (int field = 0; field < fields; ++field) text += "\ttext " + std::to_string(i) + " " + std::to_string(field) + " of " + label;
      text += "\n";
    }
  }
  return text;
}

TEST(Catalogue, BuiltInSetsAreCutInHalfAndBalanced) {
  const test::TemporaryFolder assets;
  assets.write("sentiment.tsv", rows({"negative", "positive"}, 1));
  assets.write("questions.tsv", rows({"abbreviation", "entity", "description", "human", "location", "number"}, 1));
  assets.write("topics.tsv", rows({"world", "sports", "business", "science"}, 1));
  assets.write("entailment.tsv", rows({"no", "yes"}, 2));
  const DatasetCatalogue catalogue(assets.path(""), "");
  int64_t built_in = 0;
  for (const DatasetCatalogue::Entry& entry : catalogue.entries()) {
    if (!entry.is_built_in) continue;
    ++built_in;
    EXPECT_TRUE(entry.is_present);
    const auto dataset = catalogue.open(entry.name);
    EXPECT_EQ(dataset->kind, entry.kind);
    for (const auto* split : {&dataset->train, &dataset->test}) {
      std::vector<int64_t> counts(static_cast<size_t>(dataset->classes()), 0);
      for (const Example& example : *split) ++counts[static_cast<size_t>(example.label)];
      for (const int64_t count : counts) EXPECT_EQ(count, 4);
    }
  }
  EXPECT_EQ(built_in, 4);
  const auto entailment = catalogue.open("entailment");
  EXPECT_THAT(entailment->label_words, ElementsAre("No", "Yes"));
  EXPECT_THAT(entailment->natural[0].label_words, ElementsAre("False", "True"));
}

TEST(Catalogue, BuiltInFilesThatAreBrokenOrMissingAreNamed) {
  const test::TemporaryFolder assets;
  const DatasetCatalogue catalogue(assets.path(""), "");
  EXPECT_FALSE(catalogue.entries()[0].is_present);
  EXPECT_THAT(test::error_of([&] { catalogue.open("topics"); }), HasSubstr("topics.tsv"));
  assets.write("topics.tsv", "# x: y\nworld\ta\nsport\tb\n");
  EXPECT_THAT(test::error_of([&] { catalogue.open("topics"); }),
              HasSubstr("topics.tsv:3: unknown label \"sport\"\n  hint: did you mean 'sports'?"));
  assets.write("topics.tsv", "world\ta\tb\n");
  EXPECT_THAT(test::error_of([&] { catalogue.open("topics"); }), HasSubstr("topics.tsv:1: 3 cells\n  expected: 2 cells"));
}

TEST(Splits, HashesSeeTextLabelSplitAndOrder) {
  const auto hash = [](auto change) {
    Dataset dataset = *toy_set({"a", "b"}, 6, 4);
    change(dataset);
    finish(dataset, "toy");
    return dataset.hash;
  };
  const std::string unchanged = hash([](Dataset&) {});
  EXPECT_EQ(unchanged, hash([](Dataset& set) { set.source = "elsewhere"; }));
  EXPECT_NE(unchanged, hash([](Dataset& set) { set.train[0].fields[0] += "!"; }));
  EXPECT_NE(unchanged, hash([](Dataset& set) { set.train[0].label = 1; }));
  EXPECT_NE(unchanged, hash([](Dataset& set) { std::swap(set.train[0], set.train[1]); }));
  EXPECT_NE(unchanged, hash([](Dataset& set) {
              set.test.push_back(set.train.back());
              set.train.pop_back();
            }));
}

TEST(Splits, SharesAreRoundedAndShufflesDependOnTheName) {
  const std::vector<Example> rows = toy_set({"a", "b"}, 11, 1)->train;
  Dataset plain{.name = "plain"}, shuffled{.name = "shuffled"}, other{.name = "other"};
  split_by_shares(rows, {.train_from = 0, .train_to = 0.5, .test_from = 0.5, .test_to = 1}, plain);
  EXPECT_EQ(plain.train.size(), 6u);
  EXPECT_EQ(plain.test.size(), 5u);
  EXPECT_EQ(plain.test[0].id, "train:6");
  const SplitShares shares{.is_shuffled = true, .train_from = 0, .train_to = 0.5, .test_from = 0.5, .test_to = 1};
  split_by_shares(rows, shares, shuffled);
  split_by_shares(rows, shares, other);
  const auto ids = [](const Dataset& dataset) {
    std::vector<std::string> result;
    for (const auto* split : {&dataset.train, &dataset.test}) {
      for (const Example& example : *split) result.push_back(example.id);
    }
    return result;
  };
  EXPECT_NE(ids(shuffled), ids(other));
  EXPECT_NE(ids(shuffled), ids(plain));
  EXPECT_THAT(ids(shuffled), ::testing::UnorderedElementsAreArray(ids(plain)));
}

TEST(Answer, BestIsTheFirstOfTheLargest) {
  EXPECT_EQ((Answer{.scores = {-2, -1, -1, -3}}).best(), 1);
  EXPECT_EQ((Answer{.scores = {-2}}).best(), 0);
}

TEST(MacroF1, IsTheMeanOverClassesThatOccur) {
  const std::vector<int64_t> actual = {0, 0, 0, 1}, right = actual, always_zero = {0, 0, 0, 0};
  EXPECT_DOUBLE_EQ(macro_f1(right, actual, 2), 1);
  EXPECT_DOUBLE_EQ(macro_f1(right, actual, 5), 1) << "classes that nobody names do not count";
  EXPECT_DOUBLE_EQ(macro_f1(always_zero, actual, 2), (6.0 / 7 + 0) / 2);
  EXPECT_DOUBLE_EQ(macro_f1({}, {}, 2), 0);
}

}  // namespace
}  // namespace manabi::world
