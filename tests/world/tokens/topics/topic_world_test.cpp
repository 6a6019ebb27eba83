#include "world/tokens/topics/topic_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

double tolerance(double share, double draws) { return 5 * std::sqrt(share * (1 - share) / draws); }

struct Row {
  std::vector<int64_t> ids, targets;
  bool operator==(const Row&) const = default;
};

Row drawn(const TopicWorld& world, int64_t step, int64_t row) {
  const auto length = static_cast<size_t>(world.length());
  Row drawn{.ids = std::vector<int64_t>(length), .targets = std::vector<int64_t>(length)};
  world.draw(step, row, {.ids = drawn.ids, .targets = drawn.targets});
  return drawn;
}

class TopicWorlds : public testing::Test {
 protected:
  std::shared_ptr<const Topics> topics = std::make_shared<Topics>(TopicConfig{});
};

TEST_F(TopicWorlds, RowsHaveTheMixtureOfSettingsAndTheTopicsOfTheirSetting) {
  const TopicWorld world(topics, {.most_shots = 1}, 3);
  constexpr int64_t kRows = 30'000;
  double random = 0, abstract = 0, rare = 0;
  std::map<int64_t, double> natural, symbolic;
  for (int64_t row = 0; row < kRows; ++row) {
    const TopicWorld::Drawn one = world.drawn(row / 100, row % 100);
    const bool is_abstract = one.setting.labels == TopicLabels::abstract;
    random += one.setting.labels == TopicLabels::random;
    abstract += is_abstract;
    rare += is_abstract && one.setting.symbols == SymbolKind::rare;
    ++(is_abstract ? symbolic : natural)[one.sequence.topic];
  }
  EXPECT_NEAR(random / kRows, 0.15, tolerance(0.15, kRows));
  EXPECT_NEAR(abstract / kRows, 0.25, tolerance(0.25, kRows));
  EXPECT_NEAR(rare / abstract, 0.05, tolerance(0.05, abstract));
  EXPECT_EQ(natural.size(), 56u);
  EXPECT_EQ(symbolic.size(), 48u);
  EXPECT_EQ(natural.rbegin()->first, topics->first(TopicGroup::unseen) - 1);
  EXPECT_EQ(symbolic.rbegin()->first, topics->first(TopicGroup::natural_only) - 1);
  for (const auto& [topic, count] : natural) EXPECT_NEAR(count / (kRows - abstract), 1.0 / 56, tolerance(1.0 / 56, kRows - abstract));
  for (const auto& [topic, count] : symbolic) EXPECT_NEAR(count / abstract, 1.0 / 48, tolerance(1.0 / 48, abstract));
}

TEST_F(TopicWorlds, OnlyTheLabelAfterASeparatorIsAskedAndItIsTheTrueOne) {
  const TopicWorld world(topics, {.most_shots = 3}, 4);
  for (int64_t index = 0; index < 100; ++index) {
    const Row row = drawn(world, 0, index);
    const TopicSequence sequence = world.drawn(0, index).sequence;
    ASSERT_EQ(std::ssize(row.ids), 4 * 9);
    for (size_t place = 0; place < row.ids.size(); ++place) {
      EXPECT_EQ(row.targets[place] != kNotAsked, row.ids[place] == topics->separator());
      EXPECT_EQ(place % 9 == 8, row.ids[place] == topics->line_end());
    }
    for (size_t example = 0; example < 4; ++example) {
      EXPECT_EQ(row.targets[9 * example + 6], sequence.tokens_of_class[static_cast<size_t>(sequence.true_classes[example])]);
      EXPECT_EQ(row.ids[9 * example + 7], sequence.tokens_of_class[static_cast<size_t>(sequence.shown_classes[example])]);
      EXPECT_TRUE(std::equal(row.ids.begin() + static_cast<std::ptrdiff_t>(9 * example),
                             row.ids.begin() + static_cast<std::ptrdiff_t>(9 * example + 6),
                             sequence.words.begin() + static_cast<std::ptrdiff_t>(6 * example)));
    }
  }
}

TEST_F(TopicWorlds, ARowIsAFunctionOfItsNumbersAlone) {
  const TopicWorld first(topics, {}, 1), second(topics, {}, 1), other(topics, {}, 2);
  drawn(first, 8, 8);
  EXPECT_EQ(drawn(first, 3, 4), drawn(second, 3, 4));
  EXPECT_NE(drawn(first, 3, 4), drawn(other, 3, 4));
  EXPECT_NE(drawn(first, 3, 4), drawn(first, 3, 5));
}

TEST_F(TopicWorlds, ClassesAreUniformAndRandomLabelsDoNotDependOnThem) {
  constexpr int64_t kExamples = 20'000, kTopic = 1;  // three classes
  const TopicSequence sequence = draw_sequence(*topics, base::Rng(7), kTopic, {.labels = TopicLabels::random}, kExamples);
  std::map<std::pair<int64_t, int64_t>, double> counts;
  for (size_t i = 0; i < kExamples; ++i) ++counts[{sequence.true_classes[i], sequence.shown_classes[i]}];
  ASSERT_EQ(counts.size(), 9u);
  for (const auto& [pair, count] : counts) EXPECT_NEAR(count / kExamples, 1.0 / 9, tolerance(1.0 / 9, kExamples));
}

TEST_F(TopicWorlds, QuestionsHaveTheSameWordsUnderEverySettingAndEveryK) {
  const auto ask = [&](const TopicSetting& setting, int64_t shots) {
    return prompt_of(*topics, topic_question(*topics, TopicGroup::unseen, setting, 33, 5, 3), shots);
  };
  const TopicPrompt gold = ask({TopicLabels::gold}, 32), random = ask({TopicLabels::random}, 32), abstract = ask({TopicLabels::abstract}, 32);
  EXPECT_EQ(gold.target, random.target);
  EXPECT_EQ(gold.target, abstract.target);
  EXPECT_EQ(gold.choices, random.choices);
  EXPECT_NE(gold.choices, abstract.choices);
  ASSERT_EQ(std::ssize(gold.tokens), 32 * 9 + 7);
  int64_t shown_alike = 0;
  for (size_t place = 0; place < gold.tokens.size(); ++place) {
    if (place % 9 == 7) {
      shown_alike += gold.tokens[place] == random.tokens[place];
      continue;
    }
    EXPECT_EQ(gold.tokens[place], random.tokens[place]);
    EXPECT_EQ(gold.tokens[place], abstract.tokens[place]);
  }
  EXPECT_LT(shown_alike, 32);
  const TopicPrompt few = ask({TopicLabels::gold}, 2), none = ask({TopicLabels::gold}, 0);
  EXPECT_TRUE(std::equal(few.tokens.begin(), few.tokens.begin() + 18, gold.tokens.begin()));
  EXPECT_TRUE(std::equal(none.tokens.begin(), none.tokens.end(), gold.tokens.end() - 7));
  EXPECT_TRUE(std::equal(none.tokens.begin(), none.tokens.end(), few.tokens.end() - 7));
  EXPECT_EQ(few.target, gold.target);
}

// p(class | words) by counting over drawn examples, as no formula is used.
TEST_F(TopicWorlds, RecognitionIsThePosteriorOfTheDraws) {
  const Topics tiny({.topics = 3, .class_words = 1, .fillers = 1, .words = 2, .natural_only = 1, .unseen = 1});
  constexpr int64_t kTopic = 0, kDraws = 60'000;  // two classes
  base::Rng rng(8);
  std::map<std::vector<int64_t>, std::pair<double, double>> counts;  // words -> (of class 1, of all)
  for (int64_t i = 0; i < kDraws; ++i) {
    const auto drawn_class = static_cast<int64_t>(rng.below(2));
    std::vector<int64_t> words(2);
    tiny.draw_words(rng, kTopic, drawn_class, words);
    counts[words].first += static_cast<double>(drawn_class);
    counts[words].second += 1;
  }
  ASSERT_EQ(counts.size(), 9u);
  for (const auto& [words, count] : counts) {
    const TopicSequence sequence{.topic = kTopic, .tokens_of_class = {0, 1}, .true_classes = {0}, .shown_classes = {0}, .words = words};
    const double share = std::exp(recognise(tiny, sequence)[1]);
    EXPECT_NEAR(count.first / count.second, share, tolerance(share, count.second));
  }
}

TEST_F(TopicWorlds, NaiveBayesCountsWordsAndKnowsNothingElse) {
  const Topics tiny({.topics = 3, .class_words = 2, .fillers = 3, .words = 2, .natural_only = 1, .unseen = 1});
  const int64_t a = tiny.word(0, 0, 0), b = tiny.word(0, 1, 0), f = tiny.filler(0);
  // Two demonstrations of class 0, one of class 1, whatever their words mean; the query is (a, f).
  const TopicSequence sequence{
      .topic = 0, .tokens_of_class = {0, 1}, .true_classes = {0, 0, 1, 0}, .shown_classes = {0, 0, 1, 0}, .words = {a, f, b, f, a, a, a, f}};
  const double language = 3 + 9 * 2;  // fillers, and the words of nine classes
  const double first = 3 * (2 / (4 + language)) * (3 / (4 + language)), second = 2 * (3 / (2 + language)) * (1 / (2 + language));
  EXPECT_NEAR(std::exp(learn_naively(tiny, sequence, 3)[0]), first / (first + second), 1e-12);
  EXPECT_NEAR(std::exp(learn_naively(tiny, sequence, 0)[0]), 0.5, 1e-12);
}

TEST_F(TopicWorlds, SharesThatAreNoneAreRefused) {
  EXPECT_THAT(test::error_of([&] { TopicWorld(topics, {.random_share = 0.8, .abstract_share = 0.3}, 0); }),
              HasSubstr("random 0.8, abstract 0.3"));
  EXPECT_THAT(test::error_of([&] { TopicWorld(topics, {.random_share = -0.1}, 0); }), HasSubstr("random -0.1"));
}

}  // namespace
}  // namespace manabi::world
