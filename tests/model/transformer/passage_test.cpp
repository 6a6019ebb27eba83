// Passes that begin in the middle of a model with states, and prefixes that are cut.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::model {
namespace {

using test::expect_close;
using testing::HasSubstr;

class Passages : public testing::Test {
 protected:
  // The stream that enters a block, [T, D]; the one that leaves the last where there is no such block.
  at::Tensor states_before(int64_t layer) const {
    at::Tensor states;
    Taps taps;
    const bool is_end = layer == lm->layers();
    taps.add({is_end ? SiteKind::resid_post : SiteKind::resid_pre, is_end ? layer - 1 : layer},
             [&](const Sighting& sighting) { states = sighting.values.clone(); });
    const Row row{.tokens = tokens, .wanted = {std::ssize(tokens) - 1}};
    lm->forward(std::span(&row, 1), {.taps = &taps});
    return states;
  }
  std::string refusal(const std::vector<Row>& rows, const Passage& passage) const {
    return test::error_of([&] { lm->forward(rows, passage); });
  }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<CausalLM> lm = test::build(tiny);
  const std::vector<TokenId> tokens = test::random_tokens(12, 3);
};

TEST_F(Passages, APassFromAnyBlockEndsAsTheWholeOne) {
  const at::Tensor whole = test::hidden_of(*lm, {.tokens = tokens, .wanted = {3, 11}});
  for (int64_t layer = 0; layer <= lm->layers(); ++layer) {
    SCOPED_TRACE(layer);
    const Row row{.wanted = {3, 11}, .states = states_before(layer)};
    expect_close(lm->forward(std::span(&row, 1), {.first_layer = layer}).hidden, whole, 1e-5);
  }
}

TEST_F(Passages, ABlockAndAPositionInTheMiddleNeedOnlyWhatLiesBeforeThem) {
  const at::Tensor whole = test::hidden_of(*lm, {.tokens = tokens, .wanted = {11}});
  const auto prefix = test::cache_of(*lm, tokens);
  for (const int64_t position : {1, 7, 11}) {
    for (int64_t layer = 0; layer < lm->layers(); ++layer) {
      const at::Tensor states = states_before(layer).narrow(0, position, 12 - position);
      const std::vector<Row> rows = {{.prefix = first_positions(prefix, position), .wanted = {11 - position}, .states = states},
                                     {.prefix = first_positions(prefix, position), .wanted = {0}, .states = states}};
      expect_close(lm->forward(rows, {.first_layer = layer}).hidden.narrow(0, 0, 1), whole, 1e-5);
    }
  }
}

TEST_F(Passages, GivenStatesAreNotWrittenOver) {
  const at::Tensor states = states_before(1), before = states.clone();
  const Row row{.wanted = {11}, .states = states};
  lm->forward(std::span(&row, 1), {.first_layer = 1});
  EXPECT_TRUE(at::equal(states, before));
}

TEST_F(Passages, RowsThatDoNotFitThePassageAreRefused) {
  const at::Tensor states = at::zeros({3, 16});
  EXPECT_THAT(refusal({{.tokens = tokens, .wanted = {0}}}, {.first_layer = 1}), HasSubstr("states that enter this block"));
  EXPECT_THAT(refusal({{.wanted = {0}, .states = states}}, {.first_layer = 4}), HasSubstr("0 to 3"));
  EXPECT_THAT(refusal({{.wanted = {0}, .states = states}}, {.first_layer = -1}), HasSubstr("0 to 3"));
  EXPECT_THAT(refusal({{.tokens = tokens, .wanted = {0}, .states = states}}, {}), HasSubstr("tokens and states"));
  EXPECT_THAT(refusal({{.wanted = {0}, .states = at::zeros({3, 15})}}, {}), HasSubstr("[T, 16]"));
  EXPECT_THAT(refusal({{.wanted = {}, .states = at::zeros({0, 16})}}, {}), HasSubstr("[T, 16]"));
  EXPECT_THAT(refusal({{.wanted = {3}, .states = states}}, {}), HasSubstr("below 3"));
  EXPECT_THAT(refusal({{.wanted = {0}, .states = states}, {.tokens = tokens, .wanted = {0}}}, {}), HasSubstr("all rows of a call alike"));
  EXPECT_THAT(refusal({{.keeps_cache = true, .states = states}}, {.first_layer = 1}), HasSubstr("a pass through all blocks"));
}

TEST_F(Passages, AStateThatBeginsAtTheFirstBlockMayKeepItsCache) {
  const Row row{.keeps_cache = true, .states = states_before(0)};
  const auto prefix = lm->forward(std::span(&row, 1), {}).caches.front();
  const std::vector<TokenId> next = {5};
  std::vector<TokenId> all = tokens;
  all.push_back(5);
  expect_close(test::hidden_of(*lm, {.tokens = next, .prefix = prefix, .wanted = {0}}), test::hidden_of(*lm, {.tokens = all, .wanted = {12}}),
               1e-5);
}

TEST_F(Passages, ACutPrefixIsThePrefixOfFewerTokens) {
  const std::span<const TokenId> all = tokens;
  const auto whole = test::cache_of(*lm, all.subspan(5, 4), test::cache_of(*lm, all.first(5)));
  for (const int64_t end : {1, 4, 5, 6, 9}) {
    SCOPED_TRACE(end);
    const auto cut = first_positions(whole, end);
    EXPECT_EQ(cut->end(), end);
    expect_close(test::hidden_of(*lm, {.tokens = all.subspan(static_cast<size_t>(end), 1), .prefix = cut, .wanted = {0}}),
                 test::hidden_of(*lm, {.tokens = all.first(static_cast<size_t>(end) + 1), .wanted = {end}}), 1e-5);
  }
  EXPECT_EQ(first_positions(whole, 0), nullptr);
  EXPECT_EQ(first_positions(nullptr, 0), nullptr);
  EXPECT_EQ(first_positions(whole, 9), whole);
  EXPECT_THROW(first_positions(whole, 10), base::Error);
  EXPECT_THROW(first_positions(whole, -1), base::Error);
}

}  // namespace
}  // namespace manabi::model
