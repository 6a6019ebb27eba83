// Every published template, written out: what a demonstration and a query look like under natural and minimal templates, clean and as published.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/world/toy_set.h"
#include "world/few_shot/few_shot.h"

namespace manabi::world {
namespace {

struct Rendering {
  std::string name;
  Family family;
  std::string about;
  std::vector<std::string> words;  // two classes are enough to see the labels
  bool is_natural;
  int64_t index;
  // A demonstration of class 1 and a query of class 0, three newlines between them.
  std::string clean_context;
  std::vector<std::string> clean_choices;
  std::string paper_context;
  std::vector<std::string> paper_choices;
};

void PrintTo(const Rendering& rendering, std::ostream* out) { *out << rendering.name; }

const std::vector<std::string> kNegativePositive = {"negative", "positive"};
const std::vector<std::string> kNoYes = {"No", "Yes"};

// Templates whose clean and published forms differ in nothing but what is scored.
Rendering natural(const std::string& name, Family family, const std::string& about, const std::vector<std::string>& words, int64_t index,
                  const std::string& context, const std::vector<std::string>& shown_words, const std::string& gap = " ") {
  Rendering rendering{name, family, about, words, true, index, context, {}, context, {}};
  for (const std::string& word : shown_words) {
    rendering.clean_choices.push_back(gap + word);
    rendering.paper_choices.push_back(" " + word);
  }
  return rendering;
}

std::vector<Rendering> sentence_renderings() {
  const std::vector<std::string> true_false = {"False", "True"};
  std::vector<Rendering> all = {
      natural("Sentiment1", Family::sentiment, "", kNegativePositive, 0, "so good !\nThe sentiment is positive\n\n\nso bad\nThe sentiment is",
              kNegativePositive),
      natural("Sentiment2", Family::sentiment, "", kNegativePositive, 1,
              "so good !\nSentiment: positive\n\n\nso bad\nSentiment:", kNegativePositive),
      natural("Topic1", Family::topic, "", {"entity", "human"}, 0, "so good !\nThe topic is human\n\n\nso bad.\nThe topic is",
              {"entity", "human"}),
      natural("Topic2", Family::topic, "", {"entity", "human"}, 1, "so good !\nThe sentence is about human\n\n\nso bad.\nThe sentence is about",
              {"entity", "human"}),
      natural("Topic3", Family::topic, "", {"entity", "human"}, 2,
              "so good !\nSentence topic: human\n\n\nso bad.\nSentence topic:", {"entity", "human"}),
      natural("Hate1", Family::hate, "", kNoYes, 0, "so good !\nIs this hate speech? Yes\n\n\nso bad.\nIs this hate speech?", kNoYes),
      natural("Hate2", Family::hate, "", kNoYes, 1, "so good !\nIs the sentence hateful? Yes\n\n\nso bad.\nIs the sentence hateful?", kNoYes),
      natural("Hate3", Family::hate, "", kNoYes, 2,
              "so good !\nThe sentence contains hate speech. True or False?\nThe answer is True\n\n\n"
              "so bad.\nThe sentence contains hate speech. True or False?\nThe answer is",
              true_false),
      natural("Ethos1", Family::hate_towards, "national origin", kNoYes, 0,
              "so good !\nIs this hate speech about national origin? Yes\n\n\nso bad.\nIs this hate speech about national origin?", kNoYes),
      natural("Ethos2", Family::hate_towards, "race", kNoYes, 1,
              "so good !\nIs this hateful towards race? Yes\n\n\nso bad.\nIs this hateful towards race?", kNoYes),
      natural("Ethos3", Family::hate_towards, "gender", kNoYes, 2,
              "so good !\nThis is hate speech about gender. True or False?\nThe answer is True\n\n\n"
              "so bad.\nThis is hate speech about gender. True or False?\nThe answer is",
              true_false),
      natural("Stance1", Family::stance, "atheist", {"Unknown", "False"}, 0,
              "so good !\nThe stance is atheist. True or False?\nThe answer is: False\n\n\n"
              "so bad.\nThe stance is atheist. True or False?\nThe answer is:",
              {"Unknown", "False"}),
      natural("Stance2", Family::stance, "feminist", {"Unknown", "False"}, 1,
              "so good !\nDoes the sentence express a feminist view?\nFalse\n\n\nso bad.\nDoes the sentence express a feminist view?",
              {"Unknown", "False"}, "\n"),
      natural("Stance3", Family::stance, "feminist", {"Unknown", "False"}, 2,
              "so good !\nIs the stance feminist?\nFalse\n\n\nso bad.\nIs the stance feminist?", {"Unknown", "False"}, "\n"),
  };
  all.push_back({"Sentiment3",
                 Family::sentiment,
                 "",
                 kNegativePositive,
                 true,
                 2,
                 "so good !\nThe sentiment of the text is positive\n\n\nso bad.\nThe sentiment of the text is",
                 {" negative", " positive"},
                 "so good !\nThe sentiment of the text is  positive\n\n\nso bad.\nThe sentiment of the text is",
                 {" negative", " positive"}});
  return all;
}

std::vector<Rendering> pair_renderings() {
  const std::vector<std::string> true_false = {"False", "True"};
  const std::vector<std::string> three = {"Unknown", "Yes"}, three_true_false = {"Unknown", "True"};
  const std::string question = "A man runs\nThe question is: He moves\n", asked = "A cat sits\nThe question is: It flies\n";
  return {
      natural("Paraphrase1", Family::paraphrase, "", kNoYes, 0,
              question + "True or False?\nThe answer is: True\n\n\n" + asked + "True or False?\nThe answer is:", true_false),
      natural("Paraphrase2", Family::paraphrase, "", kNoYes, 1,
              "Sentence 1: A man runs\nSentence 2: He moves\nThese sentences are paraphrases. True or False?\nThe answer is: True\n\n\n"
              "Sentence 1: A cat sits\nSentence 2: It flies\nThese sentences are paraphrases. True or False?\nThe answer is:",
              true_false),
      natural("Paraphrase3", Family::paraphrase, "", kNoYes, 2,
              "Text: A man runs\nConsider this sentence: He moves\nDoes it paraphrase the text?\nYes\n\n\n"
              "Text: A cat sits\nConsider this sentence: It flies\nDoes it paraphrase the text?",
              kNoYes, "\n"),
      natural("Entailment1", Family::entailment, "", kNoYes, 0,
              question + "True or False?\nThe answer is: True\n\n\n" + asked + "True or False?\nThe answer is:", true_false),
      natural("Entailment2", Family::entailment, "", kNoYes, 1,
              "Hypothesis: A man runs\nPremise: He moves\nDo the sentences show entailment?\nYes\n\n\n"
              "Hypothesis: A cat sits\nPremise: It flies\nDo the sentences show entailment?",
              kNoYes, "\n"),
      natural("Entailment3", Family::entailment, "", kNoYes, 2,
              "The hypothesis is: A man runs\nThe premise is: He moves\nIs this entailment?\nYes\n\n\n"
              "The hypothesis is: A cat sits\nThe premise is: It flies\nIs this entailment?",
              kNoYes, "\n"),
      natural("Inference1", Family::inference, "", three, 0,
              question + "True, False, or Unknown?\nThe answer is: True\n\n\n" + asked + "True, False, or Unknown?\nThe answer is:",
              three_true_false),
      natural(
          "Inference2", Family::inference, "", three, 1,
          "Hypothesis: A man runs\nPremise: He moves\nGiven the premise, is the hypothesis true? Yes, No, or Unknown?\nThe answer is: Yes\n\n\n"
          "Hypothesis: A cat sits\nPremise: It flies\nGiven the premise, is the hypothesis true? Yes, No, or Unknown?\nThe answer is:",
          three),
      natural(
          "Inference3", Family::inference, "", three, 2,
          "The hypothesis is: A man runs\nThe premise is: He moves\nAccording to the premise, the hypothesis is true. True, False, or Unknown?\n"
          "The answer is: True\n\n\nThe hypothesis is: A cat sits\nThe premise is: It flies\n"
          "According to the premise, the hypothesis is true. True, False, or Unknown?\nThe answer is:",
          three_true_false),
  };
}

// "X" and "Y" stand for the symbols of class 0 and 1: which is which depends on the map.
std::vector<Rendering> minimal_renderings() {
  const auto minimal = [](const std::string& name, Family family, int64_t index, const std::string& clean, const std::string& gap,
                          const std::string& paper) {
    return Rendering{name, family, "", kNoYes, false, index, clean, {gap + "X", gap + "Y"}, paper, {" X", " Y"}};
  };
  return {
      minimal("MinimalSentence1", Family::sentiment, 0, "so good ! .\nY\n\n\nso bad .", "\n", "so good ! .\nY\n\n\nso bad ."),
      minimal("MinimalSentence2", Family::hate, 1, "so good ! .\nLabel: Y\n\n\nso bad .\nLabel:", " ",
              "so good ! .\nLabel: Y\n\n\nso bad .\nLabel:"),
      minimal("MinimalSentence3", Family::topic, 2, "Sentence: so good ! .\nLabel: Y\n\n\nSentence: so bad .\nLabel:", " ",
              "Sentence: so good ! .\nLabel: Y\n\n\nSentence: so bad .\nLabel:"),
      minimal("MinimalPair1", Family::inference, 0, "A man runs [SEP] He moves\nY\n\n\nA cat sits [SEP] It flies", "\n",
              "A man runs [SEP] He moves\nY\n\n\nA cat sits [SEP] It flies"),
      minimal("MinimalPair2", Family::paraphrase, 1, "A man runs [SEP] He moves\nLabel: Y\n\n\nA cat sits [SEP] It flies\nLabel:", " ",
              "A man runs [SEP] He moves\nLabel:Y\n\n\nA cat sits [SEP] It flies\nLabel:"),
      minimal("MinimalPair3", Family::entailment, 2,
              "Sentence 1: A man runs\nSentence 2: He moves\nLabel: Y\n\n\nSentence 1: A cat sits\nSentence 2: It flies\nLabel:", " ",
              "Sentence 1: A man runs\nSentence 2: He moves\nLabel: Y\n\n\nSentence 1: A cat sits\nSentence 2: It flies\nLabel:"),
  };
}

// One training row of class 1 (and one of class 0 that is never shown at K = 1 with this seed's list) and one query of class 0.
std::shared_ptr<Dataset> set_for(const Rendering& rendering) {
  auto dataset = toy_set(rendering.words, 0, 0, rendering.family);
  dataset->natural = natural_templates(rendering.family, rendering.about, rendering.words, "toy");
  const bool is_pair = dataset->field_names.size() == 2;
  using Fields = std::vector<std::string>;
  for (int64_t label : {0, 1})
    dataset->train.push_back({"train:" + std::to_string(label), is_pair ? Fields{"A man runs", "He moves"} : Fields{"so good !"}, label});
  dataset->test.push_back({"test:0", is_pair ? Fields{"A cat sits", "It flies"} : Fields{"so bad"}, 0});
  return dataset;
}

// The first draw whose one demonstration is of class 1.
Episode episode_of(const Rendering& rendering, WhiteSpace white_space) {
  FewShotConfig config{.setting = rendering.is_natural ? LabelSetting::gold : LabelSetting::abstract,
                       .symbols = Symbols::letters,
                       .shots = 1,
                       .ladder = {1},
                       .template_index = rendering.index,
                       .white_space = white_space};
  const FewShotWorld world(set_for(rendering), config);
  for (int64_t draw = 0;; ++draw) {
    Episode episode = world.draw(draw, 0);
    if (episode.demonstrations[0].true_class == 1) return episode;
  }
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t found = text.find(what);
  return found == std::string::npos ? text : text.replace(found, what.size(), with);
}

class PublishedTemplates : public ::testing::TestWithParam<Rendering> {};

void expect_rendering(const Episode& episode, std::string context, std::vector<std::string> choices, bool is_natural) {
  ASSERT_EQ(episode.choices.size(), 2u);
  if (!is_natural) {
    const std::vector<std::string> symbols = {episode.choices[0].substr(1), episode.choices[1].substr(1)};
    ASSERT_NE(symbols[0], symbols[1]);
    context = replaced(context, "Y\n\n\n", symbols[1] + "\n\n\n");
    choices = {replaced(choices[0], "X", symbols[0]), replaced(choices[1], "Y", symbols[1])};
  }
  EXPECT_EQ(episode.context, context);
  EXPECT_EQ(episode.choices, choices);
  EXPECT_EQ(episode.target, 0);
}

TEST_P(PublishedTemplates, AreRenderedToTheLetterWithCleanWhiteSpace) {
  expect_rendering(episode_of(GetParam(), WhiteSpace::clean), GetParam().clean_context, GetParam().clean_choices, GetParam().is_natural);
}

TEST_P(PublishedTemplates, AreRenderedToTheLetterWithThePapersWhiteSpace) {
  expect_rendering(episode_of(GetParam(), WhiteSpace::paper), GetParam().paper_context, GetParam().paper_choices, GetParam().is_natural);
}

TEST_P(PublishedTemplates, CleanQueriesContinueExactlyAsADemonstrationDoes) {
  const Episode episode = episode_of(GetParam(), WhiteSpace::clean);
  const Demonstration& shown = episode.demonstrations[0];
  EXPECT_TRUE((episode.context + episode.choices[1]).starts_with(shown.input + shown.label + "\n\n\n"));
  const std::string gap = episode.choices[1].substr(0, episode.choices[1].size() - shown.label.size());
  EXPECT_TRUE(shown.input.ends_with(gap));
  EXPECT_FALSE(gap.empty());
}

std::vector<Rendering> all_renderings() {
  std::vector<Rendering> all;
  for (const std::vector<Rendering>& some : {sentence_renderings(), pair_renderings(), minimal_renderings()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, PublishedTemplates, ::testing::ValuesIn(all_renderings()),
                         [](const auto& rendering) { return rendering.param.name; });

TEST(PublishedTemplatesTable, EveryFamilyHasThreeTemplatesAndEachIsTestedHere) {
  size_t published = 3 + 3;  // minimal ones, for one sentence and for a pair
  for (const Family family : {Family::sentiment, Family::topic, Family::hate, Family::hate_towards, Family::stance, Family::paraphrase,
                              Family::entailment, Family::inference}) {
    EXPECT_EQ(natural_templates(family, "", kNoYes, "toy").size(), 3u);
    published += 3;
  }
  EXPECT_EQ(all_renderings().size(), published);
}

}  // namespace
}  // namespace manabi::world
