// The scorer on a real forward pass: float32 arithmetic, real caches, attention over shared keys and values.
#include "tests/support/tiny_llama.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "learn/generation/generate.h"
#include "learn/generation/text_stream.h"
#include "learn/scoring/requests.h"
#include "learn/scoring/scorer.h"
#include "model/checkpoint.h"
#include "tests/support/temporary_folder.h"

namespace manabi::learn {
namespace {

constexpr double kTolerance = 1e-4;  // nats

class TinyLlamaScores : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const test::TemporaryFolder folder;
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    checkpoint = new model::Checkpoint(model::open_checkpoint(folder.path("tiny.gguf"), {}));
  }
  static void TearDownTestSuite() {
    delete checkpoint;
    checkpoint = nullptr;
  }

  static std::vector<double> scores(std::span<const ScoredSequence> sequences, const ScoreOptions& options = {}) {
    return score_sequences(*checkpoint->lm, sequences, options);
  }

  static model::Checkpoint* checkpoint;
};

model::Checkpoint* TinyLlamaScores::checkpoint = nullptr;

void expect_near(const std::vector<double>& left, const std::vector<double>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (size_t index = 0; index < left.size(); ++index) EXPECT_NEAR(left[index], right[index], kTolerance) << index;
}

// Nested demonstrations of 40 and 90 tokens, queries of random lengths, three choices of one to four tokens each.
std::vector<ScoredSequence> few_shot(uint32_t seed) {
  std::mt19937 draw(seed);
  std::vector<TokenId> demonstrations(90);
  for (TokenId& token : demonstrations) token = static_cast<TokenId>(draw() % test::kTinyVocabulary);
  std::vector<ScoredSequence> sequences;
  for (int query = 0; query < 24; ++query) {
    std::vector<TokenId> prompt(demonstrations.begin(), demonstrations.begin() + (query % 2 == 0 ? 40 : 90));
    for (size_t length = 1 + draw() % 30; length > 0; --length) prompt.push_back(static_cast<TokenId>(draw() % test::kTinyVocabulary));
    for (int choice = 0; choice < 3; ++choice) {
      sequences.push_back({prompt, static_cast<int64_t>(prompt.size())});
      for (size_t length = 1 + draw() % 4; length > 0; --length) {
        sequences.back().tokens.push_back(static_cast<TokenId>(draw() % test::kTinyVocabulary));
      }
    }
  }
  return sequences;
}

TEST_F(TinyLlamaScores, AreSumsOfLogSoftmaxOfAllLogits) {
  const std::vector<ScoredSequence> sequences = few_shot(1);
  std::vector<double> expected;
  for (const ScoredSequence& sequence : sequences) {
    model::Row row{.tokens = sequence.tokens};
    for (int64_t at = sequence.scored_from; at < std::ssize(sequence.tokens); ++at) row.wanted.push_back(at - 1);
    const at::Tensor logits = checkpoint->lm->logits(checkpoint->lm->forward(std::span(&row, 1)).hidden);
    const at::Tensor nats = logits.to(at::kDouble).log_softmax(1);
    double sum = 0;
    for (int64_t at = 0; at < nats.size(0); ++at) sum += nats[at][sequence.tokens[sequence.scored_from + at]].item<double>();
    expected.push_back(sum);
  }
  expect_near(scores(sequences), expected);
}

TEST_F(TinyLlamaScores, DoNotDependOnSharing) {
  const std::vector<ScoredSequence> sequences = few_shot(2);
  const std::vector<double> alone = scores(sequences, {.share_prefixes = false});
  for (const int64_t shortest : {1, 16, 1000}) expect_near(scores(sequences, {.shortest_shared = shortest}), alone);
}

TEST_F(TinyLlamaScores, DoNotDependOnTokenBudget) {
  const std::vector<ScoredSequence> sequences = few_shot(3);
  const std::vector<double> usual = scores(sequences);
  for (const int64_t budget : {1, 50, 100000}) expect_near(scores(sequences, {.token_budget = budget}), usual);
}

TEST_F(TinyLlamaScores, DoNotDependOnCacheBudget) {
  const std::vector<ScoredSequence> sequences = few_shot(4);
  expect_near(scores(sequences, {.cache_budget_mib = 0}), scores(sequences));
}

TEST_F(TinyLlamaScores, DoNotDependOnOrderAtAll) {
  std::vector<ScoredSequence> sequences = few_shot(5);
  std::vector<double> usual = scores(sequences);
  std::ranges::reverse(sequences);
  std::ranges::reverse(usual);
  EXPECT_EQ(scores(sequences), usual);
}

TEST_F(TinyLlamaScores, DoNotDependOnBatchNeighbours) {
  const std::vector<ScoredSequence> sequences = few_shot(6);
  const std::vector<double> together = scores(sequences);
  for (size_t index = 0; index < sequences.size(); ++index) {
    EXPECT_NEAR(scores(std::span(sequences).subspan(index, 1)).front(), together[index], kTolerance);
  }
}

TEST_F(TinyLlamaScores, WithoutTheNormaliserOrderChoicesAlike) {
  const std::vector<ScoredSequence> sequences = {{{1, 2, 3, 4}, 3}, {{1, 2, 3, 5}, 3}, {{1, 2, 3, 6}, 3}};
  const std::vector<double> nats = scores(sequences), logits = scores(sequences, {.normalised = false});
  for (const int choice : {1, 2}) EXPECT_NEAR(nats[choice] - nats[0], logits[choice] - logits[0], kTolerance);
}

TEST_F(TinyLlamaScores, AnswerARequestsFile) {
  const std::vector<Request> requests = parse_requests(
      "{\"context\": \"the hen and \", \"choices\": [\"the in\", \"an\"], \"target\": 0}\n"
      "{\"context\": \"the hen and\", \"choices\": [\" the in\"]}\n",
      "r.jsonl");
  const std::vector<RequestAnswer> answers = answer_requests(*checkpoint, requests, "r.jsonl", {});
  EXPECT_EQ(answers[0].tokens[0], answers[1].tokens[0]);
  EXPECT_EQ(answers[0].scores[0], answers[1].scores[0]) << "the same tokens, wherever the space was written";
}

TEST_F(TinyLlamaScores, GenerationWithCachesIsGenerationWithout) {
  std::vector<TokenId> tokens = checkpoint->tokenizer->encode("the hen");
  const size_t prompt = tokens.size();
  for (int step = 0; step < 30; ++step) {
    const model::Row row{.tokens = tokens, .wanted = {std::ssize(tokens) - 1}};
    const at::Tensor logits = checkpoint->lm->logits(checkpoint->lm->forward(std::span(&row, 1)).hidden);
    const auto next = static_cast<TokenId>(logits[0].argmax().item<int64_t>());
    if (next == checkpoint->tokenizer->eos()) break;
    tokens.push_back(next);
  }
  std::string raw;
  for (size_t at = prompt; at < tokens.size(); ++at) raw += checkpoint->tokenizer->bytes_of(tokens[at]);
  TextStream expected("", {});
  expected.push(raw);
  expected.finish();
  EXPECT_EQ(generate(*checkpoint, "the hen", {.tokens = 30}), expected.text());
}

}  // namespace
}  // namespace manabi::learn
