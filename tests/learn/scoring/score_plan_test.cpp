#include "learn/scoring/score_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

namespace manabi::learn {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kAmple = int64_t{1} << 40;

std::vector<TokenId> counted(int64_t length, TokenId first) {
  std::vector<TokenId> tokens(length);
  for (int64_t at = 0; at < length; ++at) tokens[at] = first + static_cast<TokenId>(at);
  return tokens;
}

// `shared` tokens that all have, then `own` tokens of each, the last of which is scored.
std::vector<ScoredSequence> brush(int64_t shared, int64_t own, int64_t count, TokenId first = 0) {
  std::vector<ScoredSequence> sequences;
  for (int64_t index = 0; index < count; ++index) {
    std::vector<TokenId> tokens = counted(shared, first);
    const std::vector<TokenId> end = counted(own, first + 100000 + static_cast<TokenId>(index * own));
    tokens.insert(tokens.end(), end.begin(), end.end());
    sequences.push_back({tokens, static_cast<int64_t>(tokens.size()) - 1});
  }
  return sequences;
}

TEST(PrefixTree, OneTokenChoicesOfOneContextAreOneRow) {
  const std::vector<ScoredSequence> sequences = {{{1, 2, 3, 7}, 3}, {{1, 2, 3, 8}, 3}, {{1, 2, 3, 9}, 3}};
  const std::vector<PrefixRow> rows = shared_rows(sequences, 16);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].length(), 3);
  EXPECT_THAT(rows[0].sequences, ElementsAre(0, 1, 2));
  EXPECT_FALSE(rows[0].keeps_cache());
}

TEST(PrefixTree, ARunThatBeginsAnotherNeedsNoRowOfItsOwn) {
  const std::vector<ScoredSequence> sequences = {{{1, 2, 3, 4, 5}, 4}, {{1, 2, 3}, 1}, {{1, 2, 9}, 2}, {{1, 2, 3, 4, 5}, 1}};
  const std::vector<PrefixRow> rows = shared_rows(sequences, 16);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].length(), 4);
  EXPECT_THAT(rows[0].sequences, ElementsAre(0, 1, 2, 3));
}

TEST(PrefixTree, ALongSharedRunIsKeptOnce) {
  const std::vector<PrefixRow> rows = shared_rows(brush(100, 10, 5), 16);
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[0].length(), 100);
  EXPECT_THAT(rows[0].children, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_TRUE(rows[0].sequences.empty()) << "nothing is scored in the shared run";
  for (size_t row = 1; row < rows.size(); ++row) {
    EXPECT_EQ(rows[row].parent, 0);
    EXPECT_EQ(rows[row].begin, 100);
    EXPECT_EQ(rows[row].length(), 9);
    EXPECT_THAT(rows[row].sequences, ElementsAre(static_cast<int64_t>(row) - 1));
  }
}

TEST(PrefixTree, AShortSharedRunIsComputedAgain) { EXPECT_EQ(shared_rows(brush(15, 10, 3), 16).size(), 3u); }

TEST(PrefixTree, AShortRunThatVeryManyShareIsKept) {
  EXPECT_EQ(shared_rows(brush(8, 10, 8), 16).size(), 8u) << "saves 56 tokens, less than a pass costs";
  EXPECT_EQ(shared_rows(brush(8, 10, 9), 16).size(), 10u) << "saves 64";
}

TEST(PrefixTree, ADepthThatSavesLessThanAPassIsGivenUp) {
  EXPECT_EQ(shared_rows(brush(32, 10, 2), 16).size(), 2u) << "saves 32 tokens by a pass more";
  std::vector<ScoredSequence> two = brush(32, 10, 2);
  for (const ScoredSequence& sequence : brush(32, 10, 2, 50000)) two.push_back(sequence);
  EXPECT_EQ(shared_rows(two, 16).size(), 6u) << "both together save 64 tokens by the same pass";
}

TEST(PrefixTree, ScoredTokensOfASharedRunAreEnteredThere) {
  std::vector<ScoredSequence> sequences = brush(100, 10, 2);
  sequences[0].scored_from = 50;   // positions 49 .. 108
  sequences[1].scored_from = 100;  // positions 99 .. 108: the last shared one predicts the first own token
  const std::vector<PrefixRow> rows = shared_rows(sequences, 16);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].sequences, ElementsAre(0, 1));
  sequences[1].scored_from = 101;
  EXPECT_THAT(shared_rows(sequences, 16)[0].sequences, ElementsAre(0));
}

// K = 4 inside K = 8 inside K = 16, ten queries each.
std::vector<ScoredSequence> nested_shots() {
  std::vector<ScoredSequence> sequences;
  for (const int64_t shots : {4, 8, 16}) {
    for (TokenId query = 0; query < 10; ++query) {
      std::vector<TokenId> tokens = counted(shots * 30, 0);
      const std::vector<TokenId> end = counted(31, 1000 + 100 * query);
      tokens.insert(tokens.end(), end.begin(), end.end());
      sequences.push_back({tokens, static_cast<int64_t>(tokens.size()) - 1});
    }
  }
  return sequences;
}

TEST(ScorePlan, NestedDemonstrationsAreReadOnceEach) {
  const ScorePlan plan = plan_scores(nested_shots(), {}, kAmple);
  EXPECT_EQ(plan.tokens, 16 * 30 + 3 * 10 * 30);
  EXPECT_EQ(plan.passes.size(), 4u);
  EXPECT_EQ(plan.peak_cache_tokens, 16 * 30);
}

TEST(ScorePlan, PassesAreFilledUpToTheBudget) {
  for (const int64_t budget : {100, 250, 1000}) {
    const ScorePlan plan = plan_scores(brush(0, 51, 40), {.token_budget = budget}, kAmple);
    for (size_t pass = 0; pass + 1 < plan.passes.size(); ++pass) EXPECT_EQ(plan.passes[pass].tokens, budget / 50 * 50);
  }
}

TEST(ScorePlan, ALongerRowGoesAlone) {
  std::vector<ScoredSequence> sequences = brush(0, 300, 1);
  for (const ScoredSequence& sequence : brush(0, 11, 3, 500)) sequences.push_back(sequence);
  const ScorePlan plan = plan_scores(sequences, {.token_budget = 100}, kAmple);
  ASSERT_EQ(plan.passes.size(), 2u);
  const auto longer = std::ranges::find_if(plan.passes, [](const PlannedPass& pass) { return pass.tokens > 100; });
  ASSERT_NE(longer, plan.passes.end());
  EXPECT_EQ(longer->rows.size(), 1u);
}

// Prompts of their own with several long choices: the ends travel with the next prompts instead of in passes of their own.
TEST(ScorePlan, ShortEndsTravelWithTheNextPrompts) {
  std::vector<ScoredSequence> sequences;
  for (TokenId prompt = 0; prompt < 12; ++prompt) {
    for (const ScoredSequence& sequence : brush(500, 3, 2, 1000 * prompt)) sequences.push_back(sequence);
  }
  const ScorePlan plan = plan_scores(sequences, {.token_budget = 2048}, kAmple);
  EXPECT_EQ(plan.tokens, 12 * (500 + 2 * 2));
  EXPECT_EQ(plan.passes.size(), 4u);
  EXPECT_LE(plan.peak_cache_tokens, 2 * 4 * 500);
}

// What every plan must keep to, whatever it is made of.
void check_plan(const ScorePlan& plan, int64_t token_budget) {
  std::set<int64_t> computed, released;
  int64_t tokens = 0;
  for (const PlannedPass& pass : plan.passes) {
    int64_t in_pass = 0;
    for (const int64_t row : pass.rows) {
      const PrefixRow& planned = plan.rows[row];
      in_pass += planned.length();
      EXPECT_GT(planned.length(), 0);
      if (planned.parent != kNoParent) {
        EXPECT_TRUE(computed.contains(planned.parent)) << "a row before its prefix";
        EXPECT_FALSE(released.contains(planned.parent)) << "a row after its prefix was released";
        EXPECT_EQ(planned.begin, plan.rows[planned.parent].end);
      }
    }
    EXPECT_EQ(in_pass, pass.tokens);
    EXPECT_TRUE(pass.rows.size() == 1 || in_pass <= token_budget);
    for (const int64_t row : pass.rows) EXPECT_TRUE(computed.insert(row).second) << "a row twice";
    for (const int64_t row : pass.released) EXPECT_TRUE(plan.rows[row].keeps_cache() && released.insert(row).second);
    tokens += in_pass;
  }
  EXPECT_EQ(computed.size(), plan.rows.size());
  EXPECT_EQ(tokens, plan.tokens);
  for (size_t row = 0; row < plan.rows.size(); ++row) EXPECT_EQ(plan.rows[row].keeps_cache(), released.contains(static_cast<int64_t>(row)));
}

TEST(ScorePlan, EveryRowRunsOnceAfterItsPrefixAndEveryCacheGoes) {
  std::mt19937 draw(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<ScoredSequence> sequences;
    const int64_t count = 1 + draw() % 60;
    for (int64_t index = 0; index < count; ++index) {
      std::vector<TokenId> tokens(2 + draw() % 60);
      for (size_t at = 0; at < tokens.size(); ++at) tokens[at] = at < 20 ? static_cast<TokenId>(at) : static_cast<TokenId>(draw() % 2);
      sequences.push_back({tokens, 1});
    }
    const ScoreOptions options{.token_budget = static_cast<int64_t>(1 + draw() % 300), .shortest_shared = static_cast<int64_t>(1 + draw() % 20)};
    check_plan(plan_scores(sequences, options, draw() % 100), options.token_budget);
  }
}

TEST(ScorePlan, PlanningIsNegligibleBesideTheModel) {
  std::vector<ScoredSequence> sequences;
  for (TokenId query = 0; query < 5000; ++query) {
    std::vector<TokenId> tokens = counted(560, 0);
    const std::vector<TokenId> end = counted(38, 10000 + 50 * query);
    tokens.insert(tokens.end(), end.begin(), end.end());
    for (const TokenId choice : {1, 2}) {
      sequences.push_back({tokens, 598});
      sequences.back().tokens.insert(sequences.back().tokens.end(), {choice, 3});
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  const ScorePlan plan = plan_scores(sequences, {}, 5000);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(plan.tokens, 560 + 5000 * (38 + 2));
  EXPECT_LT(seconds.count(), 5.0) << "the model would need minutes";
}

}  // namespace
}  // namespace manabi::learn
