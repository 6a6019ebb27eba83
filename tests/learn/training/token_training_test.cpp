#include "learn/training/token_training.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::learn {
namespace {

constexpr int64_t kVocabulary = 9, kLength = 6;

// Rows of counted tokens of which two positions are asked.
class SparseWorld final : public world::TokenWorld {
 public:
  explicit SparseWorld(int64_t start) : start_(start) {}
  int64_t vocabulary() const override { return kVocabulary; }
  int64_t outputs() const override { return 4; }
  int64_t length() const override { return kLength; }
  int64_t asked() const override { return 2; }
  void draw(int64_t step, int64_t row, world::TokenRow into) const override {
    for (int64_t t = 0; t < kLength; ++t) {
      into.ids[static_cast<size_t>(t)] = (start_ + step + row * t) % kVocabulary;
      into.targets[static_cast<size_t>(t)] = world::kNotAsked;
    }
    into.targets[2] = (start_ + row) % 4;
    into.targets[5] = (start_ + row + step) % 4;
  }

 private:
  int64_t start_;
};

class TokenTraining : public testing::Test {
 protected:
  TokenTraining() {
    parameters.initialise(0, 1);
    parameters.initialise(1, 2);
  }

  tensor::ParameterPlan plan;
  model::TokenNetwork network{{.decoder = {.layers = 2, .width = 16, .heads = 2}, .vocabulary = kVocabulary, .outputs = 4, .context = kLength},
                              plan};
  tensor::ParameterBuffer parameters{plan, 2, at::kFloat};
  TokenWorlds worlds = {std::make_shared<SparseWorld>(0), std::make_shared<SparseWorld>(3)};
};

// [rows, T, O] log-probabilities of one replica.
at::Tensor log_probabilities(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                             const at::Tensor& ids) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}));
  return network.logits(leaves, ids.unsqueeze(0))[0].view({ids.size(0), ids.size(1), -1}).log_softmax(-1);
}

TEST_F(TokenTraining, TheLossIsTheMeanOverAskedPositionsAlone) {
  constexpr int64_t kRows = 40;  // more than are judged together
  const std::vector<double> losses = judge_tokens(network, parameters, worlds, kRows);
  for (int64_t replica = 0; replica < 2; ++replica) {
    const at::Tensor ids = at::empty({kRows, kLength}, at::kLong), targets = at::empty({kRows, kLength}, at::kLong);
    for (int64_t row = 0; row < kRows; ++row)
      worlds[static_cast<size_t>(replica)]->draw(
          0, row,
          {.ids = {ids.data_ptr<int64_t>() + row * kLength, kLength}, .targets = {targets.data_ptr<int64_t>() + row * kLength, kLength}});
    const at::Tensor scores = log_probabilities(network, parameters, replica, ids);
    double sum = 0;
    for (int64_t row = 0; row < kRows; ++row)
      for (const int64_t place : {2, 5}) sum -= scores[row][place][targets[row][place].item<int64_t>()].item<double>();
    EXPECT_NEAR(losses[static_cast<size_t>(replica)], sum / (2 * kRows), 1e-5);
  }
}

TEST_F(TokenTraining, ScoresAreThoseAfterTheLastTokenWhateverTheThreads) {
  std::vector<std::vector<int64_t>> prompts;
  for (int64_t i = 0; i < 70; ++i) prompts.push_back({i % 9, (2 * i) % 9, (i / 3) % 9});
  const at::Tensor ids = at::empty({70, 3}, at::kLong);
  for (int64_t i = 0; i < 70; ++i) std::copy_n(prompts[static_cast<size_t>(i)].begin(), 3, ids.data_ptr<int64_t>() + 3 * i);
  for (int64_t replica = 0; replica < 2; ++replica) {
    const at::Tensor expected = log_probabilities(network, parameters, replica, ids).select(1, 2);
    for (const int64_t threads : {1, 2, 5})
      EXPECT_LT((next_token_scores(network, parameters, replica, prompts, threads) - expected).abs().max().item<double>(), 1e-5);
  }
}

TEST_F(TokenTraining, WorldsThatDoNotFitTheNetworkAreRefused) {
  tensor::ParameterPlan other;
  const model::TokenNetwork narrow({.decoder = {.layers = 1, .width = 16}, .vocabulary = kVocabulary, .outputs = 3, .context = kLength}, other);
  EXPECT_THAT(test::error_of([&] { TokenObjective(narrow, worlds); }), testing::HasSubstr("targets out of 4"));
}

}  // namespace
}  // namespace manabi::learn
