// The papers' data sets as they lie in the data folder: rows, classes, splits and phrasing.
#include "world/sets/published_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>

#include "tests/support/data.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/toy_set.h"
#include "world/few_shot/few_shot.h"

namespace manabi::world {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Expected {
  std::string name;
  std::string kind;
  std::vector<std::string> words;
  std::vector<int64_t> train;  // rows per class
  std::vector<int64_t> test;
  int64_t left_out;  // rows without text and training rows whose text is tested
};

void PrintTo(const Expected& expected, std::ostream* out) { *out << expected.name; }

// Counted with another program from the files themselves.
std::vector<Expected> expected_sets() {
  const std::vector<std::string> polarity = {"negative", "positive"}, no_yes = {"No", "Yes"}, stance = {"Unknown", "False", "True"};
  const std::vector<std::string> three_way = {"Yes", "Unknown", "No"};
  return {
      {"sst2", "sentiment", polarity, {3310, 3610}, {428, 444}, 0},
      {"emotion",
       "sentiment",
       {"sadness", "joy", "love", "anger", "fear", "surprise"},
       {4666, 5359, 1302, 2159, 1937, 572},
       {550, 704, 178, 275, 212, 81},
       5},
      {"tweet_eval_emotion", "sentiment", {"anger", "joy", "optimism", "sadness"}, {1400, 708, 294, 855}, {160, 97, 28, 89}, 0},
      {"poem_sentiment", "sentiment", {"negative", "positive", "none", "mixed"}, {155, 133, 555, 49}, {19, 17, 69, 0}, 0},
      {"mr", "sentiment", polarity, {4331, 4331}, {1000, 1000}, 0},
      {"mpqa", "sentiment", polarity, {5758, 1788}, {1000, 1000}, 1057},
      {"trec",
       "topic",
       {"abbreviation", "entity", "description", "human", "location", "number"},
       {71, 1017, 925, 964, 661, 695},
       {15, 233, 233, 257, 166, 186},
       29},
      {"stance_atheism", "topic", stance, {105, 273, 83}, {12, 31, 9}, 0},
      {"stance_feminist", "topic", stance, {113, 295, 189}, {13, 33, 21}, 0},
      {"tweet_eval_hate", "toxicity", no_yes, {5207, 3783}, {572, 427}, 11},
      {"sick", "inference", three_way, {1299, 2536, 660}, {144, 282, 74}, 5},
      {"cb", "inference", three_way, {115, 16, 119}, {23, 5, 28}, 0},
      {"rte", "inference", {"Yes", "No"}, {1249, 1241}, {146, 131}, 0},
      {"wnli", "inference", no_yes, {323, 312}, {40, 31}, 0},
  };
}

// Sets whose split is ours: only their whole is known from elsewhere.
struct Cut {
  std::string name;
  std::string kind;
  size_t train, test;
  std::vector<int64_t> classes;  // rows per class in the file
};

void PrintTo(const Cut& cut, std::ostream* out) { *out << cut.name; }

std::vector<Cut> cut_sets() {
  return {
      {"financial_phrasebank", "sentiment", 1131, 566, {303, 1391, 570}},
      {"agnews", "topic", 3800, 3800, {1900, 1900, 1900, 1900}},
      {"ethos_race", "toxicity", 216, 109, {357, 76}},
      {"ethos_gender", "toxicity", 216, 109, {347, 86}},
      {"ethos_religion", "toxicity", 216, 109, {352, 81}},
      {"ethos_national_origin", "toxicity", 216, 109, {359, 74}},
      {"mrpc", "inference", 3668, 408, {1323, 2753}},
  };
}

std::vector<int64_t> counts_of(const std::vector<Example>& examples, size_t classes) {
  std::vector<int64_t> counts(classes, 0);
  for (const Example& example : examples) ++counts[static_cast<size_t>(example.label)];
  return counts;
}

std::shared_ptr<const Dataset> open(const std::string& name) { return DatasetCatalogue("", test::data_folder()).open(name); }

void expect_sound(const Dataset& dataset) {
  std::set<std::vector<std::string>> tested;
  std::set<std::string> ids;
  for (const Example& example : dataset.test) tested.insert(example.fields);
  for (const Example& example : dataset.train) EXPECT_FALSE(tested.contains(example.fields)) << example.id;
  for (const auto* split : {&dataset.train, &dataset.test}) {
    for (const Example& example : *split) {
      EXPECT_TRUE(ids.insert(example.id).second) << example.id;
      ASSERT_EQ(example.fields.size(), dataset.field_names.size());
      for (const std::string& field : example.fields) EXPECT_TRUE(!field.empty() && trimmed(field) == field) << example.id;
    }
  }
  EXPECT_EQ(dataset.natural.size(), 3u);
  EXPECT_EQ(dataset.minimal.size(), 3u);
  EXPECT_FALSE(dataset.source.empty());
  EXPECT_EQ(dataset.hash.size(), 64u);
}

class PublishedSets : public ::testing::TestWithParam<Expected> {};

TEST_P(PublishedSets, HaveTheirRowsAndClasses) {
  MANABI_NEEDS(test::data_folder());
  const auto dataset = open(GetParam().name);
  EXPECT_EQ(dataset->kind, GetParam().kind);
  EXPECT_EQ(dataset->label_words, GetParam().words);
  EXPECT_EQ(counts_of(dataset->train, GetParam().words.size()), GetParam().train);
  EXPECT_EQ(counts_of(dataset->test, GetParam().words.size()), GetParam().test);
  int64_t left_out = 0;
  for (const std::string& note : dataset->notes) {
    const size_t rows = note.find(" row");
    const size_t number = note.rfind(' ', rows - 1);
    if (note.find("left out") != std::string::npos) left_out += std::stoll(note.substr(number + 1));
  }
  EXPECT_EQ(left_out, GetParam().left_out);
  expect_sound(*dataset);
}

INSTANTIATE_TEST_SUITE_P(All, PublishedSets, ::testing::ValuesIn(expected_sets()), [](const auto& set) { return set.param.name; });

class CutSets : public ::testing::TestWithParam<Cut> {};

TEST_P(CutSets, HaveAFixedDisjointSplitOfTheirFile) {
  MANABI_NEEDS(test::data_folder());
  const auto dataset = open(GetParam().name);
  EXPECT_EQ(dataset->kind, GetParam().kind);
  EXPECT_EQ(dataset->train.size(), GetParam().train);
  EXPECT_EQ(dataset->test.size(), GetParam().test);
  EXPECT_EQ(dataset->hash, open(GetParam().name)->hash);
  expect_sound(*dataset);
}

TEST_P(CutSets, ReadEveryRowOfTheirFile) {
  MANABI_NEEDS(test::data_folder());
  for (const PublishedSet& set : published_sets()) {
    if (set.name != GetParam().name) continue;
    std::vector<std::string> notes;
    const std::vector<Example> rows = read_examples({test::data_folder() + "/" + set.train_files[0]}, "row", set.reading, notes);
    EXPECT_EQ(counts_of(rows, set.reading.classes.size()), GetParam().classes);
    EXPECT_TRUE(notes.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(All, CutSets, ::testing::ValuesIn(cut_sets()), [](const auto& set) { return set.param.name; });

TEST(PublishedSetsTable, EverySetOfThePaperIsThereAndOnlySnliHasNoFiles) {
  MANABI_NEEDS(test::data_folder());
  std::set<std::string> names;
  for (const DatasetCatalogue::Entry& entry : DatasetCatalogue("", test::data_folder()).entries()) {
    names.insert(entry.name);
    if (entry.is_built_in) continue;
    EXPECT_EQ(entry.is_present, entry.name != "snli") << entry.name;
    EXPECT_FALSE(entry.source.empty());
  }
  for (const std::string name :
       {"sst2", "financial_phrasebank", "emotion", "poem_sentiment", "trec", "stance_atheism", "stance_feminist", "tweet_eval_hate",
        "ethos_race", "ethos_gender", "ethos_religion", "ethos_national_origin", "sick", "snli", "wnli", "mrpc"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(PublishedSetsTable, EverySetIsTestedHere) {
  EXPECT_EQ(published_sets().size(), expected_sets().size() + cut_sets().size() + 1);  // SNLI, below
}

TEST(PublishedSetsTable, LabelWordsOfATemplateAreDifferent) {
  for (const PublishedSet& set : published_sets()) {
    std::vector<std::string> words;
    for (const ClassName& name : set.reading.classes) words.push_back(name.word);
    for (const PromptTemplate& prompt : natural_templates(set.family, set.about, words, set.name)) {
      EXPECT_EQ(std::set<std::string>(prompt.label_words.begin(), prompt.label_words.end()).size(), words.size()) << set.name;
    }
  }
}

TEST(PublishedSetsTable, SnliIsReadWhereItsFilesAre) {
  const test::TemporaryFolder folder;
  folder.write("snli/snli_1.0_train.jsonl", R"({"gold_label": "neutral", "sentence1": "A man.", "sentence2": "A dad."}
{"gold_label": "-", "sentence1": "A man.", "sentence2": "Who knows."}
{"gold_label": "entailment", "sentence1": "A man.", "sentence2": "A person."}
{"gold_label": "contradiction", "sentence1": "A man.", "sentence2": "A dog."}
)");
  folder.write("snli/snli_1.0_dev.jsonl", R"({"gold_label": "contradiction", "sentence1": "A cat.", "sentence2": "A dog."}
)");
  const auto dataset = DatasetCatalogue("", folder.path("")).open("snli");
  EXPECT_EQ(counts_of(dataset->train, 3), (std::vector<int64_t>{1, 1, 1}));
  EXPECT_EQ(dataset->test[0].label, 2);
  EXPECT_THAT(dataset->notes.back(), HasSubstr("train: 1 row without an agreed label left out"));
}

TEST(PublishedSetsTable, MissingFilesAreNamed) {
  const test::TemporaryFolder folder;
  folder.write("tweet_eval/hate/train_text.txt", "a\n");
  const std::string message = test::error_of([&] { DatasetCatalogue("", folder.path("")).open("tweet_eval_hate"); });
  EXPECT_THAT(message, HasSubstr("data set tweet_eval_hate: missing in " + folder.path("")));
  EXPECT_THAT(message, HasSubstr("tweet_eval/hate/train_labels.txt, tweet_eval/hate/val_text.txt, tweet_eval/hate/val_labels.txt"));
  EXPECT_THAT(
      test::error_of([] { DatasetCatalogue("", "").open("sst2"); }),
      HasSubstr("data set sst2: no data folder was given\n  expected: a folder with sst2/stsa.binary.train, sst2/stsa.binary.dev\n  hint: give "
                "the folder with --data or MANABI_DATA"));
}

TEST(PublishedSetsTable, AnUnknownLabelNamesFileAndLine) {
  const test::TemporaryFolder folder;
  folder.write("sst2/stsa.binary.train", "1 good\n0 bad\n3 odd\n");
  folder.write("sst2/stsa.binary.dev", "1 nice\n");
  EXPECT_THAT(test::error_of([&] { DatasetCatalogue("", folder.path("")).open("sst2"); }),
              HasSubstr("sst2/stsa.binary.train:3: unknown label \"3\"\n  hint: known: 0 1"));
}

TEST(PublishedSetsTable, AnUnknownNameIsAnsweredWithTheNearest) {
  EXPECT_THAT(test::error_of([] { DatasetCatalogue("", "").open("treck"); }), HasSubstr("unknown data set \"treck\""));
  EXPECT_THAT(test::error_of([] { DatasetCatalogue("", "").open("treck"); }), HasSubstr("did you mean 'trec'?"));
}

TEST(PublishedSetsTable, SomeRealPromptsLookAsTheyShould) {
  MANABI_NEEDS(test::data_folder());
  const auto query = [](const std::string& name, LabelSetting setting, int64_t index) {
    return FewShotWorld(open(name), {.setting = setting, .shots = 0, .ladder = {}, .template_index = index}).draw(0, 0);
  };
  EXPECT_EQ(query("sst2", LabelSetting::gold, 1).context, "one long string of cliches .\nSentiment:");
  EXPECT_EQ(
      query("sick", LabelSetting::abstract, 0).context,
      "The young boys are playing outdoors and the man is smiling nearby. [SEP] There is no boy playing outdoors and there is no man smiling.");
  EXPECT_EQ(
      query("rte", LabelSetting::gold, 1).context,
      "Hypothesis: Dana Reeve, the widow of the actor Christopher Reeve, has died of lung cancer at age 44, according to the Christopher Reeve "
      "Foundation.\nPremise: Christopher Reeve had an accident.\nDo the sentences show entailment?");
  EXPECT_THAT(query("poem_sentiment", LabelSetting::gold, 0).choices, ElementsAre(" negative", " positive", " none", " mixed"));
}

}  // namespace
}  // namespace manabi::world
