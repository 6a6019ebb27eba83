// A data set of the user's own: what a description can say, and what it answers to each mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/toy_set.h"
#include "world/few_shot/few_shot.h"

namespace manabi::world {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kReviews = R"([dataset]
name = "reviews"
kind = "sentiment"
train = "train.jsonl"
test = "test.jsonl"
fields = { sentence = "text" }
label = "stars"
labels = { "1" = "terrible", "0" = "great" }
natural = [
  "{sentence}\nIt was {label}",
  { text = "Review: {sentence.}\nWould you see it again? {label}", labels = { "1" = "never", "0" = "always" } },
]
)";
constexpr const char* kTrainRows =
    "{\"text\": \"dull\", \"stars\": 1}\n{\"text\": \"grand\", \"stars\": 0}\n{\"text\": \"boring\", \"stars\": 1}\n{\"text\": \"fine\", "
    "\"stars\": 0}\n";
constexpr const char* kTestRows = "{\"text\": \"slow\", \"stars\": \"1\"}\n{\"text\": \"lovely\", \"stars\": \"0\"}\n";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t found = text.find(what);
  EXPECT_NE(found, std::string::npos) << what;
  return text.replace(found, what.size(), with);
}

class OwnSet : public ::testing::Test {
 protected:
  OwnSet() {
    folder_.write("train.jsonl", kTrainRows);
    folder_.write("test.jsonl", kTestRows);
  }

  std::shared_ptr<const Dataset> open(const std::string& description) const {
    return DatasetCatalogue("", "").open(folder_.write("reviews.toml", description));
  }
  std::string refusal(const std::string& description) const {
    return test::error_of([&] { open(description); });
  }
  // What is said when `what` of the description above reads `with`.
  std::string refusal(const std::string& what, const std::string& with) const { return refusal(replaced(kReviews, what, with)); }

  test::TemporaryFolder folder_;
};

TEST_F(OwnSet, SaysEverythingInItsDescription) {
  const auto dataset = open(kReviews);
  EXPECT_EQ(dataset->name, "reviews");
  EXPECT_EQ(dataset->kind, "sentiment");
  EXPECT_THAT(dataset->label_words, ElementsAre("terrible", "great")) << "classes stand in the written order";
  EXPECT_EQ(dataset->train.size(), 4u);
  EXPECT_EQ(dataset->test.size(), 2u);
  EXPECT_EQ(dataset->train[0].id, "train:0");
  EXPECT_EQ(dataset->train[0].label, 0);
  EXPECT_EQ(dataset->test[1].fields[0], "lovely");
  EXPECT_THAT(dataset->natural[1].label_words, ElementsAre("never", "always"));
  EXPECT_EQ(dataset->minimal.size(), 3u) << "the paper's, as none are given";

  const Episode episode = FewShotWorld(dataset, {.shots = 0, .ladder = {}, .template_index = 1}).draw(0, 0);
  EXPECT_EQ(episode.context, "Review: slow.\nWould you see it again?");
  EXPECT_THAT(episode.choices, ElementsAre(" never", " always"));
}

TEST_F(OwnSet, CsvAndTsvReadAlikeAndTheClassesMayBeTheLabels) {
  folder_.write("train.csv", "text,stars\n\"dull, long\",bad\n\"two\nlines\",good\n");
  folder_.write("test.tsv", "stars\ttext\nbad\tslow\n");
  std::string description = replaced(kReviews, "train.jsonl", "train.csv");
  description = replaced(description, "test.jsonl", "test.tsv");
  description = replaced(description, "labels = { \"1\" = \"terrible\", \"0\" = \"great\" }\n", "");
  description = replaced(
      description,
      "  { text = \"Review: {sentence.}\\nWould you see it again? {label}\", labels = { \"1\" = \"never\", \"0\" = \"always\" } },\n", "");
  const auto dataset = open(description);
  EXPECT_THAT(dataset->label_words, ElementsAre("bad", "good"));
  EXPECT_EQ(dataset->train[0].fields[0], "dull, long");
  EXPECT_EQ(dataset->train[1].fields[0], "two\nlines");
  EXPECT_EQ(dataset->test[0].label, 0);
}

TEST_F(OwnSet, OneFileIsCutIntoDisjointParts) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += "{\"text\": \"text " + std::to_string(i) + "\", \"stars\": " + std::to_string(i % 2) + "}\n";
  folder_.write("train.jsonl", rows);
  const std::string description = replaced(kReviews, "test = \"test.jsonl\"", "test_share = 0.25");
  const auto dataset = open(description);
  EXPECT_EQ(dataset->train.size(), 30u);
  EXPECT_EQ(dataset->test.size(), 10u);
  EXPECT_EQ(dataset->hash, open(description)->hash) << "the cut is fixed";
  for (const Example& query : dataset->test) {
    for (const Example& example : dataset->train) EXPECT_NE(query.id, example.id);
  }
}

TEST_F(OwnSet, PairsAndMinimalTemplatesOfTheirOwn) {
  folder_.write("train.csv", "q1,q2,same\na,b,0\nc,d,1\n");
  folder_.write("test.csv", "q1,q2,same\ne,f,1\n");
  const auto dataset = open(R"([dataset]
name = "questions"
kind = "paraphrase"
train = "train.csv"
test = "test.csv"
fields = { second = "q2", first = "q1" }
label = "same"
labels = { "0" = "no", "1" = "yes" }
natural = ["{first} = {second}? {label}"]
minimal = ["{first}|{second}|{label}"]
)");
  EXPECT_THAT(dataset->field_names, ElementsAre("second", "first"));
  EXPECT_THAT(dataset->test[0].fields, ElementsAre("f", "e"));
  EXPECT_EQ(dataset->minimal.size(), 1u);
  const Episode episode = FewShotWorld(dataset, {.setting = LabelSetting::abstract, .shots = 2, .ladder = {2}}).draw(0, 0);
  EXPECT_TRUE(episode.context.ends_with("\n\n\ne|f|")) << episode.context;
  EXPECT_EQ(episode.choices[0].size(), 1u) << "a template of the user's gets no white space that it does not have";
}

TEST_F(OwnSet, RowsThatAreInBothSplitsAndRowsWithoutTextAreLeftOutAndNoted) {
  folder_.write("train.jsonl", std::string(kTrainRows) + "{\"text\": \"slow\", \"stars\": 1}\n{\"text\": \"  \", \"stars\": 1}\n");
  const auto dataset = open(kReviews);
  EXPECT_EQ(dataset->train.size(), 4u);
  EXPECT_THAT(dataset->notes, ElementsAre("train: 1 row without text left out", "train: 1 row left out whose text is also in the test split"));
}

TEST_F(OwnSet, MistakesInRowsNameFileAndLine) {
  folder_.write("train.jsonl", std::string(kTrainRows) + "{\"text\": \"odd\", \"stars\": \"2\"}\n");
  EXPECT_THAT(refusal(kReviews), HasSubstr("train.jsonl:5: unknown label \"2\""));
  folder_.write("train.jsonl", "{\"text\": \"a\", \"star\": 1}\n");
  EXPECT_THAT(refusal(kReviews), HasSubstr("train.jsonl:1: there is no key \"stars\"\n  hint: did you mean 'star'?"));
  folder_.write("train.jsonl", "");
  EXPECT_THAT(refusal(kReviews), HasSubstr("train.jsonl: no rows"));
  folder_.write("train.jsonl", "{\"text\": \"a\", \"stars\": 1}\n");
  EXPECT_THAT(refusal(kReviews), HasSubstr("reviews.toml: no training row of class \"great\""));
  folder_.write("train.jsonl", kTrainRows);
  folder_.write("test.jsonl", "\n");
  EXPECT_THAT(refusal(kReviews), HasSubstr("reviews.toml: no rows to test on"));
}

TEST_F(OwnSet, MistakesInTemplatesNameFileAndLine) {
  EXPECT_THAT(refusal("{sentence}\\nIt", "{sentense}\\nIt"),
              HasSubstr("reviews.toml:10: natural template 1: column 1: unknown field {sentense}\n  hint: did you mean 'sentence'?"));
  EXPECT_THAT(refusal("It was {label}", "It was"), HasSubstr("reviews.toml:10: natural template 1: the template has no field {label}"));
  EXPECT_THAT(refusal("It was {label}", "It was {label} or {label}"), HasSubstr("field {label} occurs twice"));
  EXPECT_THAT(refusal("{sentence}\\nIt was {label}", "It was {label}: {sentence}"),
              HasSubstr("the template shows no input in front of {label}"));
  EXPECT_THAT(refusal("It was {label}", "It was {label"), HasSubstr("reviews.toml:10: natural template 1: column"));
  EXPECT_THAT(refusal("{ text = \"Review", "{ txt = \"Review"), HasSubstr("reviews.toml:11: unknown key \"txt\"\n  hint: did you mean 'text'?"));
  EXPECT_THAT(refusal("\"0\" = \"always\"", "\"2\" = \"always\""), HasSubstr("reviews.toml:11: unknown key \"2\""));
  EXPECT_THAT(refusal("\"0\" = \"always\"", "\"0\" = \"never\""), HasSubstr("reviews.toml:11: two classes have the label word \"never\""));
}

TEST_F(OwnSet, MistakesInTheDescriptionNameFileAndLine) {
  EXPECT_THAT(refusal("kind =", "kin ="), HasSubstr("reviews.toml:3: unknown key \"kin\"\n  hint: did you mean 'kind'?"));
  EXPECT_THAT(refusal("kind = \"sentiment\"\n", ""), HasSubstr("reviews.toml:1: [dataset] lacks \"kind\""));
  EXPECT_THAT(refusal("kind = \"sentiment\"", "kind = 3"), HasSubstr("reviews.toml:3: kind is a number\n  expected: a string"));
  EXPECT_THAT(refusal("\"great\"", "\"terrible\""), HasSubstr("reviews.toml:8: two classes have the label word \"terrible\""));
  EXPECT_THAT(refusal("\"great\"", "\" \""), HasSubstr("reviews.toml:8: a label word is empty"));
  EXPECT_THAT(refusal(", \"0\" = \"great\"", ""), HasSubstr("reviews.toml:8: 1 class\n  expected: at least two"));
  EXPECT_THAT(refusal("{ sentence = \"text\" }", "{ label = \"text\" }"), HasSubstr("reviews.toml:6: a field is called \"label\""));
  EXPECT_THAT(refusal("{ sentence = \"text\" }", "{ }"), HasSubstr("reviews.toml:6: fields is empty"));
  EXPECT_THAT(refusal("{ sentence = \"text\" }", "\"text\""), HasSubstr("reviews.toml:6: fields is a string\n  expected: a table"));
  EXPECT_THAT(refusal("train.jsonl", "train.xlsx"),
              HasSubstr("reviews.toml:4: \"train.xlsx\" ends in \".xlsx\"\n  expected: .jsonl, .csv or .tsv"));
  EXPECT_THAT(refusal("train.jsonl", "absent.jsonl"), HasSubstr("absent.jsonl"));
  EXPECT_THAT(refusal("test = \"test.jsonl\"\n", ""), HasSubstr("reviews.toml:4: neither test nor test_share is given"));
  EXPECT_THAT(refusal("test = \"test.jsonl\"", "test = \"test.jsonl\"\ntest_share = 0.5"), HasSubstr("both test and test_share are given"));
  EXPECT_THAT(refusal("test = \"test.jsonl\"", "test_share = 1.5"), HasSubstr("reviews.toml:5: test_share is not a share"));
  EXPECT_THAT(refusal("label = \"stars\"", "label = \"stars\"\nencoding = \"utf-16\""),
              HasSubstr("reviews.toml:8: unknown encoding \"utf-16\""));
  EXPECT_THAT(refusal("name = \"reviews\"", "name = \"reviews"), HasSubstr("reviews.toml:2:"));
  EXPECT_THAT(refusal("[dataset]", "[data]"), HasSubstr("reviews.toml:1: unknown key \"data\"\n  hint: known: dataset"));
  EXPECT_THAT(refusal(""), HasSubstr("reviews.toml: there is no [dataset]"));
  EXPECT_THAT(refusal("dataset = 3"), HasSubstr("reviews.toml:1: dataset is a number"));
  EXPECT_THAT(test::error_of([] { DatasetCatalogue("", "").open("/nowhere/at/all.toml"); }), HasSubstr("/nowhere/at/all.toml"));
}

TEST_F(OwnSet, NaturalTemplatesMustBeAListThatIsNotEmpty) {
  const std::string head = std::string(kReviews).substr(0, std::string(kReviews).find("natural"));
  EXPECT_THAT(refusal(head), HasSubstr("[dataset] lacks \"natural\""));
  EXPECT_THAT(refusal(head + "natural = []\n"), HasSubstr("reviews.toml:9: natural is empty"));
  EXPECT_THAT(refusal(head + "natural = \"{sentence}{label}\"\n"), HasSubstr("reviews.toml:9: natural is a string\n  expected: a list"));
}

}  // namespace
}  // namespace manabi::world
