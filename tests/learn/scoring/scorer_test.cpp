#include "learn/scoring/scorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/support/toy_lm.h"

namespace manabi::learn {
namespace {

using test::ToyLM;

// One forward over each sequence alone, nothing shared, nothing planned.
std::vector<double> naive_scores(const ToyLM& lm, const std::vector<ScoredSequence>& sequences) {
  std::vector<double> scores;
  for (const ScoredSequence& sequence : sequences) {
    const auto size = static_cast<int64_t>(sequence.tokens.size());
    model::Row row{.tokens = sequence.tokens};
    std::vector<int64_t> pairs;
    for (int64_t at = sequence.scored_from; at < size; ++at) {
      row.wanted.push_back(at - 1);
      pairs.insert(pairs.end(), {at - sequence.scored_from, sequence.tokens[at]});
    }
    const model::Forward forward = lm.forward(std::span(&row, 1));
    const at::Tensor values = lm.log_probabilities(forward.hidden, at::tensor(pairs, at::kLong).view({-1, 2}));
    double sum = 0;
    for (int64_t at = 0; at < values.size(0); ++at) sum += values[at].item<float>();
    scores.push_back(sum);
  }
  return scores;
}

using Draw = std::mt19937;

std::vector<TokenId> random_tokens(Draw& draw, int64_t length, int64_t vocabulary = 50) {
  std::vector<TokenId> tokens(length);
  for (TokenId& token : tokens) token = static_cast<TokenId>(draw() % vocabulary);
  return tokens;
}

std::vector<TokenId> joined(std::vector<TokenId> left, const std::vector<TokenId>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Trees of random prefixes: extensions, truncations and duplicates of what is there already, scored from random positions.
std::vector<ScoredSequence> random_sequences(Draw& draw) {
  std::vector<ScoredSequence> sequences;
  const int64_t count = 1 + draw() % 30, longest = 1 + draw() % 40, vocabulary = 2 + draw() % 5;
  for (int64_t index = 0; index < count; ++index) {
    std::vector<TokenId> tokens;
    if (!sequences.empty() && draw() % 4 != 0) {
      tokens = sequences[draw() % sequences.size()].tokens;
      if (draw() % 3 != 0) tokens.resize(1 + draw() % tokens.size());
    }
    if (tokens.size() < 2 || draw() % 3 != 0) tokens = joined(tokens, random_tokens(draw, 2 + draw() % longest, vocabulary));
    const auto size = static_cast<int64_t>(tokens.size());
    sequences.push_back({tokens, draw() % 2 == 0 ? size - 1 : 1 + static_cast<int64_t>(draw() % (size - 1))});
  }
  return sequences;
}

// 16 demonstrations, then queries with their choices: the shape of few-shot scoring.
std::vector<ScoredSequence> few_shot(Draw& draw, int64_t shared, int64_t queries, int64_t query, int64_t choices, int64_t choice) {
  std::vector<ScoredSequence> sequences;
  const std::vector<TokenId> demonstrations = random_tokens(draw, shared);
  for (int64_t index = 0; index < queries; ++index) {
    const std::vector<TokenId> prompt = joined(demonstrations, random_tokens(draw, query));
    for (int64_t at = 0; at < choices; ++at) {
      sequences.push_back({joined(prompt, random_tokens(draw, choice)), static_cast<int64_t>(prompt.size())});
    }
  }
  return sequences;
}

TEST(Scorer, NothingToScoreGivesNothing) {
  ToyLM lm;
  EXPECT_TRUE(score_sequences(lm, {}, {}).empty());
  EXPECT_TRUE(lm.calls().empty());
}

TEST(Scorer, TwoTokensAreTheShortestSequence) {
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = {{{3, 7}, 1}};
  EXPECT_EQ(score_sequences(lm, sequences, {}), naive_scores(lm, sequences));
}

TEST(Scorer, ASequenceWithoutAScoredTokenIsAnError) {
  ToyLM lm;
  for (const ScoredSequence& wrong : {ScoredSequence{{3, 7}, 2}, ScoredSequence{{3, 7}, 0}, ScoredSequence{{3}, 1}, ScoredSequence{{}, 1}}) {
    const std::vector<ScoredSequence> sequences = {{{3, 7}, 1}, wrong};
    try {
      score_sequences(lm, sequences, {});
      FAIL() << "no error";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.fault().where, "sequence 1");
      EXPECT_NE(error.fault().given.find("scored from token " + std::to_string(wrong.scored_from)), std::string::npos);
    }
  }
}

TEST(Scorer, RandomTreesScoreAsEachSequenceAlone) {
  Draw draw(1);
  for (int round = 0; round < 500; ++round) {
    ToyLM lm;
    const std::vector<ScoredSequence> sequences = random_sequences(draw);
    ScoreOptions options;
    options.token_budget = 1 + draw() % 100;
    options.shortest_shared = 1 + draw() % 20;
    options.share_prefixes = round % 10 != 0;
    ScoreCost cost;
    lm.forget_calls();
    const std::vector<double> scores = score_sequences(lm, sequences, options, {}, &cost);
    EXPECT_EQ(cost.tokens_computed, lm.tokens_computed());
    EXPECT_LE(cost.tokens_computed, cost.tokens_given);
    ASSERT_EQ(scores, naive_scores(lm, sequences)) << "round " << round;
    EXPECT_EQ(lm.held(), 0);
  }
}

TEST(Scorer, ScoresDoNotDependOnOrder) {
  Draw draw(2);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 100, 20, 10, 3, 2);
  const std::vector<double> scores = score_sequences(lm, sequences, {});
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::shuffle(order.begin(), order.end(), draw);
  std::vector<ScoredSequence> shuffled;
  for (const size_t index : order) shuffled.push_back(sequences[index]);

  const std::vector<ToyLM::Call> calls = std::exchange(lm, ToyLM{}).calls();
  const std::vector<double> shuffled_scores = score_sequences(lm, shuffled, {});
  for (size_t index = 0; index < order.size(); ++index) EXPECT_EQ(shuffled_scores[index], scores[order[index]]);
  ASSERT_EQ(lm.calls().size(), calls.size());
  for (size_t call = 0; call < calls.size(); ++call) EXPECT_EQ(lm.calls()[call].lengths, calls[call].lengths) << "the passes differ";
}

TEST(Scorer, ScoresDoNotDependOnTokenBudget) {
  Draw draw(3);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 50, 20, 10, 3, 4);
  const std::vector<double> scores = score_sequences(lm, sequences, {});
  for (const int64_t budget : {1, 7, 64, 100000}) EXPECT_EQ(score_sequences(lm, sequences, {.token_budget = budget}), scores) << budget;
}

TEST(Scorer, ScoresDoNotDependOnSharing) {
  Draw draw(4);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 50, 20, 10, 3, 4);
  const std::vector<double> scores = score_sequences(lm, sequences, {.share_prefixes = false});
  for (const int64_t shortest : {1, 10, 1000}) EXPECT_EQ(score_sequences(lm, sequences, {.shortest_shared = shortest}), scores) << shortest;
}

TEST(Scorer, ScoresDoNotDependOnCacheBudgetWhichBoundsWhatIsHeld) {
  Draw draw(5);
  const int64_t mib = int64_t{1} << 20;
  ToyLM lm(50, 4096, mib);  // one position, one MiB
  std::vector<ScoredSequence> sequences = few_shot(draw, 100, 30, 20, 3, 4);
  const std::vector<double> scores = score_sequences(lm, sequences, {.cache_budget_mib = 100000});
  for (const int64_t budget : {0, 100, 150, 300}) {
    lm.forget_calls();
    EXPECT_EQ(score_sequences(lm, sequences, {.cache_budget_mib = budget}), scores) << budget;
    const int64_t longest_chain = 100 + 20;
    for (const ToyLM::Call& call : lm.calls()) EXPECT_LE(call.held, std::max(budget, longest_chain));
    EXPECT_EQ(lm.held(), 0);
  }
}

TEST(Scorer, ScoresDoNotDependOnBatchNeighbours) {
  Draw draw(6);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 30, 12, 10, 2, 3);
  const std::vector<double> together = score_sequences(lm, sequences, {});
  for (size_t index = 0; index < sequences.size(); ++index) {
    EXPECT_EQ(score_sequences(lm, std::span(&sequences[index], 1), {}).front(), together[index]);
  }
}

TEST(Scorer, SharedDemonstrationsAreComputedOnceInFewPasses) {
  Draw draw(7);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 500, 64, 30, 2, 1);
  ScoreCost cost;
  score_sequences(lm, sequences, {}, {}, &cost);
  EXPECT_EQ(cost.tokens_given, 64 * 2 * 530);
  EXPECT_LE(cost.tokens_computed, 500 + 64 * 30);
  EXPECT_GE(cost.tokens_computed, 500 + 63 * 30);  // queries that begin alike may share
  EXPECT_LE(lm.calls().size(), 3u);
}

TEST(Scorer, CostIsAddedToWhatTheCallerHas) {
  ToyLM lm;
  ScoreCost cost{.tokens_given = 10, .tokens_computed = 5};
  score_sequences(lm, std::vector<ScoredSequence>{{{1, 2, 3}, 1}, {{1, 2, 4}, 1}}, {}, {}, &cost);
  EXPECT_EQ(cost.tokens_given, 14);
  EXPECT_EQ(cost.tokens_computed, 7);
}

TEST(Scorer, WithoutTheNormaliserDifferencesBetweenChoicesStay) {
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = {{{1, 2, 3}, 2}, {{1, 2, 4}, 2}, {{1, 2, 5}, 2}};
  const std::vector<double> nats = score_sequences(lm, sequences, {});
  const std::vector<double> logits = score_sequences(lm, sequences, {.normalised = false});
  EXPECT_NE(nats[0], logits[0]);
  for (int choice : {1, 2}) EXPECT_NEAR(nats[choice] - nats[0], logits[choice] - logits[0], 1e-6);
}

// Cancels after the given number of reports.
class CancelAfter final : public base::Progress {
 public:
  explicit CancelAfter(int reports) : left_(reports) {}
  void begin(const std::string&, int64_t total) override { total_ = total; }
  void advance(int64_t units) override {
    done_ += units;
    if (--left_ == 0) cancel_.request();
  }
  void note(const std::string&) override {}
  void end() override { ended_ = true; }

  const base::Cancel* cancel() const { return &cancel_; }
  int64_t total() const { return total_; }
  int64_t done() const { return done_; }
  bool ended() const { return ended_; }

 private:
  int left_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  bool ended_ = false;
  base::Cancel cancel_;
};

TEST(Scorer, CancellingBetweenPassesKeepsNothing) {
  Draw draw(8);
  ToyLM lm;
  const std::vector<ScoredSequence> sequences = few_shot(draw, 100, 20, 10, 3, 2);
  CancelAfter progress(1);
  ScoreCost cost;
  EXPECT_THROW(score_sequences(lm, sequences, {.token_budget = 50}, {&progress, progress.cancel()}, &cost), base::Cancelled);
  EXPECT_EQ(lm.calls().size(), 1u);
  EXPECT_EQ(lm.held(), 0);
  EXPECT_EQ(cost.tokens_computed, 0);
}

TEST(Scorer, ProgressCountsEveryComputedToken) {
  Draw draw(9);
  ToyLM lm;
  CancelAfter progress(-1);
  score_sequences(lm, few_shot(draw, 100, 20, 10, 3, 2), {.token_budget = 50}, {&progress, progress.cancel()});
  EXPECT_EQ(progress.total(), lm.tokens_computed());
  EXPECT_EQ(progress.done(), progress.total());
  EXPECT_TRUE(progress.ended());
}

}  // namespace
}  // namespace manabi::learn
