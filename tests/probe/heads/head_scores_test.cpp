#include "probe/heads/head_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "base/random.h"
#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::probe {
namespace {

using model::SiteKind;
using testing::HasSubstr;

constexpr HeadScoreOptions kSmall = {.rows = 2, .repeated = 5, .seed = 4};

TEST(HeadScores, AreMeanAttentionsOfTheSecondHalf) {
  const test::TinyLlama tiny = test::make_tiny_llama();
  const auto lm = test::build(tiny);
  const HeadScores scores = head_scores(*lm, kSmall);
  // The same from the naive model's patterns, query by query.
  std::vector<std::vector<double>> previous(3, std::vector<double>(4)), duplicate = previous, induction = previous;
  for (uint64_t row = 0; row < 2; ++row) {
    base::Rng rng = base::Rng(4).child(row);
    std::vector<model::TokenId> tokens;
    for (int i = 0; i < 5; ++i) tokens.push_back(static_cast<model::TokenId>(rng.below(264)));
    for (int i = 0; i < 5; ++i) tokens.push_back(tokens[static_cast<size_t>(i)]);
    std::map<std::pair<int64_t, size_t>, size_t> heads_seen;
    test::naive_logits(tiny, tokens, [&](const model::Site& site, size_t position, test::Vector& pattern) {
      if (site.kind != SiteKind::pattern) return;
      const size_t head = heads_seen[{site.layer, position}]++;
      if (position < 5) return;
      const auto layer = static_cast<size_t>(site.layer);
      previous[layer][head] += pattern[position - 1] / 10;
      duplicate[layer][head] += pattern[position - 5] / 10;
      induction[layer][head] += pattern[position - 4] / 10;
    });
  }
  for (size_t layer = 0; layer < 3; ++layer) {
    for (size_t head = 0; head < 4; ++head) {
      EXPECT_NEAR(scores.previous[layer][head], previous[layer][head], 1e-5);
      EXPECT_NEAR(scores.duplicate[layer][head], duplicate[layer][head], 1e-5);
      EXPECT_NEAR(scores.induction[layer][head], induction[layer][head], 1e-5);
    }
  }
}

TEST(HeadScores, ABeginningTokenStandsOutsideTheHalves) {
  const auto lm = test::build(test::make_tiny_llama());
  HeadScoreOptions with = kSmall;
  with.beginning = 0;
  const HeadScores scores = head_scores(*lm, with), plain = head_scores(*lm, kSmall);
  EXPECT_NE(scores.induction, plain.induction);
  for (const auto& layer : scores.induction)
    for (const double score : layer) EXPECT_TRUE(score >= 0 && score <= 1);
}

TEST(HeadScores, RowsThatCannotBeAreRefused) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto refusal = [&](HeadScoreOptions options) { return test::error_of([&] { head_scores(*lm, options); }); };
  EXPECT_THAT(refusal({.rows = 0}), HasSubstr("0 rows"));
  EXPECT_THAT(refusal({.rows = 1, .repeated = 1}), HasSubstr("at least 2 tokens"));
  EXPECT_THAT(refusal({.rows = 1, .repeated = 257}), HasSubstr("at most 512"));
  EXPECT_EQ(refusal({.rows = 1, .repeated = 256}), "");
}

}  // namespace
}  // namespace manabi::probe
