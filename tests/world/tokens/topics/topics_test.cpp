#include "world/tokens/topics/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

// Five deviations of a share that is seen in `draws` independent draws.
double tolerance(double share, double draws) { return 5 * std::sqrt(share * (1 - share) / draws); }

TEST(Topics, NoTwoMeaningsShareAToken) {
  const Topics topics({.topics = 7, .class_words = 3, .fillers = 5, .natural_only = 2, .unseen = 1});
  std::multiset<int64_t> ids = {topics.separator(), topics.line_end()};
  for (int64_t topic = 0; topic < 7; ++topic)
    for (int64_t c = 0; c < topics.classes(topic); ++c) {
      ids.insert(topics.label(topic, c));
      EXPECT_LT(topics.label(topic, c), topics.outputs());
      for (int64_t word = 0; word < 3; ++word) ids.insert(topics.word(topic, c, word));
    }
  for (int64_t symbol = 0; symbol < 26; ++symbol) ids.insert(topics.symbol(symbol));
  for (int64_t filler = 0; filler < 5; ++filler) ids.insert(topics.filler(filler));
  EXPECT_EQ(std::ssize(ids), topics.vocabulary());
  EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(*ids.begin(), 0);
  EXPECT_EQ(*ids.rbegin(), topics.vocabulary() - 1);
}

TEST(Topics, TopicsHaveTwoToFourClassesInEveryGroup) {
  const Topics topics({});
  for (const TopicGroup group : {TopicGroup::every_mode, TopicGroup::natural_only, TopicGroup::unseen}) {
    std::set<int64_t> counts;
    for (int64_t topic = topics.first(group); topic < topics.first(group) + topics.count(group); ++topic) counts.insert(topics.classes(topic));
    EXPECT_THAT(counts, testing::ElementsAre(2, 3, 4));
  }
  EXPECT_EQ(topics.first(TopicGroup::natural_only), topics.count(TopicGroup::every_mode));
  EXPECT_EQ(topics.first(TopicGroup::unseen) + topics.count(TopicGroup::unseen), 64);
}

TEST(Topics, WordsComeFromTheirSourcesAtTheStatedShares) {
  const Topics topics({});
  constexpr int64_t kTopic = 2, kClass = 1, kDraws = 60'000;  // a topic of four classes
  base::Rng rng(5);
  std::vector<int64_t> words(kDraws);
  topics.draw_words(rng, kTopic, kClass, words);
  std::map<int64_t, double> counts;
  for (const int64_t word : words) ++counts[word];
  const auto expect_share = [&](int64_t word, double share) { EXPECT_NEAR(counts[word] / kDraws, share, tolerance(share, kDraws)) << word; };
  for (int64_t c = 0; c < 4; ++c)
    for (int64_t i = 0; i < 12; ++i) expect_share(topics.word(kTopic, c, i), (c == kClass ? 0.5 : 0.1 / 3) / 12);
  for (int64_t i = 0; i < 200; ++i) expect_share(topics.filler(i), 0.4 / 200);
  EXPECT_EQ(counts.size(), 48u + 200u);
}

TEST(Topics, LikelihoodsAreThoseOfTheDraws) {
  const Topics topics({});
  const int64_t words[] = {topics.word(2, 0, 3), topics.word(2, 1, 0), topics.word(2, 1, 0), topics.filler(7)};
  // One word of class 0, two of class 1, over the same filler: p(words | 0) = .5 (.1/3)^2, p(words | 1) = (.1/3) .5^2.
  EXPECT_NEAR(topics.log_likelihood(2, 1, words) - topics.log_likelihood(2, 0, words), std::log(0.5 / (0.1 / 3)), 1e-12);
  EXPECT_NEAR(topics.log_likelihood(2, 2, words), 3 * std::log(0.1 / 3), 1e-12);
}

TEST(Topics, SymbolsOfASequenceAreDistinctAndEquallyLikely) {
  const Topics topics({});
  constexpr int64_t kDraws = 20'000;
  base::Rng rng(6);
  std::map<int64_t, double> rare, frequent;
  for (int64_t i = 0; i < kDraws; ++i) {
    const std::vector<int64_t> few = topics.draw_symbols(rng, 2, SymbolKind::rare), many = topics.draw_symbols(rng, 2, SymbolKind::frequent);
    EXPECT_EQ(std::set<int64_t>(few.begin(), few.end()).size(), 4u);
    ++rare[few[1]];
    ++frequent[many[3]];
  }
  EXPECT_EQ(rare.size(), 6u);
  EXPECT_EQ(frequent.size(), 20u);
  for (const auto& [symbol, count] : rare) EXPECT_NEAR(count / kDraws, 1.0 / 6, tolerance(1.0 / 6, kDraws));
  for (const auto& [symbol, count] : frequent) {
    EXPECT_FALSE(rare.contains(symbol));
    EXPECT_NEAR(count / kDraws, 1.0 / 20, tolerance(1.0 / 20, kDraws));
  }
}

TEST(Topics, ConfigurationsThatAreNoLanguageAreRefused) {
  EXPECT_THAT(test::error_of([] { Topics({.fewest_classes = 1}); }), HasSubstr("classes of a topic: 1 to 4"));
  EXPECT_THAT(test::error_of([] { Topics({.topics = 16}); }), HasSubstr("16, of which 8 natural only and 8 unseen"));
  EXPECT_THAT(test::error_of([] { Topics({.symbols = 9}); }), HasSubstr("9, of which 6 rare"));
  EXPECT_THAT(test::error_of([] { Topics({.own_share = 0.8, .other_share = 0.3}); }), HasSubstr("shares 0.8 and 0.3"));
}

}  // namespace
}  // namespace manabi::world
