#include "learn/tuning/trigger_search.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/tuning/method.h"
#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

std::vector<JudgedEpisode> episodes(size_t count, uint64_t seed) {
  std::vector<JudgedEpisode> all;
  for (size_t i = 0; i < count; ++i)
    all.push_back({.encoded = {.prompt = test::random_tokens(3 + i % 3, seed + i), .choices = {{10}, {11}}}, .target = i % 3 == 0 ? 1 : 0});
  return all;
}

const test::ToyTokenizer kTokenizer({.words = {"a", "b", "c", "d", "e", "f"}});

TEST(TriggerSearch, TheBestTriggersAreNoWorseThanTheFirstAndArePlainTokens) {
  const std::shared_ptr<const model::FrozenNetwork> network = test::build(test::make_tiny_llama())->frozen(at::kFloat);
  const auto train = episodes(12, 1), dev = episodes(9, 500);
  const LabelWords labels = own_label_words(train.front());
  const std::vector<TokenId> first = {40};
  const TriggerOptions options{.triggers = 3, .candidates = 6, .batch = 8, .iterations = 12, .seed = 2};
  const TriggerSearch search = search_triggers(network, kTokenizer, train, dev, labels, first, options);
  ASSERT_EQ(search.triggers.size(), 3u);
  EXPECT_EQ(search.tried.front(), (std::vector<TokenId>{40, 40, 40}));
  EXPECT_GT(search.tried.size(), 1u);
  EXPECT_GE(search.best.accuracy, search.judged.front().accuracy);
  EXPECT_LT(search.judged.back().loss, search.judged.front().loss);
  for (const std::vector<TokenId>& tried : search.tried)
    for (const TokenId id : tried) EXPECT_FALSE(kTokenizer.is_special(id));
  const TriggerSearch again = search_triggers(network, kTokenizer, train, dev, labels, first, options);
  EXPECT_EQ(again.triggers, search.triggers);
}

TEST(TriggerSearch, ACutSearchGoesOnAsIfItHadNotBeenCut) {
  const std::shared_ptr<const model::FrozenNetwork> network = test::build(test::make_tiny_llama())->frozen(at::kFloat);
  const auto train = episodes(12, 1), dev = episodes(9, 500);
  const LabelWords labels = own_label_words(train.front());
  const std::vector<TokenId> first = {40};
  const TriggerOptions options{.triggers = 3, .candidates = 6, .batch = 8, .iterations = 10, .seed = 2};
  std::vector<TriggerState> states;
  const auto keep = [&](const TriggerState& state) { states.push_back(state); };
  const TriggerSearch whole = search_triggers(network, kTokenizer, train, dev, labels, first, options, {}, {}, keep);
  ASSERT_EQ(states.size(), 10u);
  EXPECT_EQ(states[3].iterations, 4);
  const TriggerSearch rest = search_triggers(network, kTokenizer, train, dev, labels, first, options, {}, states[3]);
  EXPECT_EQ(rest.tried, whole.tried);
  EXPECT_EQ(rest.triggers, whole.triggers);
}

TEST(TriggerSearch, NothingToSearchOnIsRefused) {
  const std::shared_ptr<const model::FrozenNetwork> network = test::build(test::make_tiny_llama())->frozen(at::kFloat);
  const auto some = episodes(3, 1);
  const LabelWords labels = own_label_words(some.front());
  const std::vector<TokenId> first = {4};
  EXPECT_THAT(test::error_of([&] { search_triggers(network, kTokenizer, {}, some, labels, first, {}); }), HasSubstr("no examples"));
  EXPECT_THAT(test::error_of([&] { search_triggers(network, kTokenizer, some, some, labels, {}, {}); }), HasSubstr("first words"));
}

TEST(SoftTemplate, RowsAndTextStandAroundThePrompt) {
  const SoftTemplate around("{soft:2}b{prompt}c{soft:1}", kTokenizer);
  EXPECT_EQ(around.rows(), 3);
  const std::vector<TokenId> prompt = {7, 8};
  const TokenId b = kTokenizer.encode("b")[0], c = kTokenizer.encode("c")[0];
  EXPECT_EQ(around.around(prompt), (std::vector<TokenId>{model::soft_token(0), model::soft_token(1), b, 7, 8, c, model::soft_token(2)}));
  EXPECT_THAT(test::error_of([&] { SoftTemplate("{soft:0}{prompt}", kTokenizer); }), HasSubstr("{soft:0}"));
  EXPECT_THAT(test::error_of([&] { SoftTemplate("{soft:2}{prompt}{prompt}", kTokenizer); }), HasSubstr("once"));
}

}  // namespace
}  // namespace manabi::learn
