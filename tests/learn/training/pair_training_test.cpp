#include "learn/training/pair_training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/network/pairs/gated_pair_model.h"
#include "model/network/pairs/pair_network.h"
#include "tests/support/error.h"
#include "world/pairs/class_mixture_world.h"

namespace manabi::learn {
namespace {

using testing::HasSubstr;

std::shared_ptr<const world::PairWorld> mixture(world::ClassMixtureConfig config) { return std::make_shared<world::ClassMixtureWorld>(config); }

class PairTraining : public testing::Test {
 protected:
  void build(int64_t replicas) {
    network_ = std::make_unique<model::PairNetwork>(
        model::PairNetworkConfig{.decoder = {.layers = 1, .width = 16}, .pairs = 2, .input_width = 8, .labels = 10}, plan_);
    parameters_ = std::make_unique<tensor::ParameterBuffer>(plan_, replicas, at::kFloat);
    for (int64_t replica = 0; replica < replicas; ++replica) parameters_->initialise(replica, static_cast<uint64_t>(replica));
  }

  tensor::ParameterPlan plan_;
  std::unique_ptr<model::PairNetwork> network_;
  std::unique_ptr<tensor::ParameterBuffer> parameters_;
};

TEST_F(PairTraining, ABatchHoldsTheWorldsRows) {
  const PairWorlds worlds = {mixture({.input_width = 8, .pairs = 2}), mixture({.input_width = 8, .pairs = 2, .row_seed = 1})};
  const PairBatch batch = draw_pairs(worlds, 5, 3, 4);
  std::vector<float> inputs(24);
  std::vector<int64_t> labels(3);
  worlds[1]->draw(5, 3 + 2, {.inputs = inputs, .labels = labels});
  EXPECT_TRUE(at::equal(batch.rows.inputs[1][2].flatten(), at::tensor(inputs)));
  EXPECT_TRUE(at::equal(batch.rows.labels[1][2], at::tensor({labels[0], labels[1]}, at::kLong)));
  EXPECT_EQ(batch.targets[1][2].item<int64_t>(), labels[2]);
}

TEST_F(PairTraining, AWorldOfAnotherShapeIsRefused) {
  build(1);
  EXPECT_THAT(test::error_of([&] { PairObjective(*network_, {mixture({.input_width = 8, .pairs = 1})}); }), HasSubstr("1 pairs of 8 numbers"));
}

// What the judge says before training is what the objective says of the same rows.
TEST_F(PairTraining, TheJudgesCrossEntropyIsTheObjectives) {
  build(2);
  const PairWorlds worlds = {mixture({.input_width = 8, .pairs = 2}), mixture({.input_width = 8, .pairs = 2, .row_seed = 1})};
  const std::vector<PairScores> scores = judge_pairs(*network_, *parameters_, worlds, 300, 1);
  const tensor::ParameterLeaves leaves(*parameters_, 0, at::zeros_like(parameters_->values()));
  const at::Tensor losses = PairObjective(*network_, worlds).losses(leaves, {.replicas = 2, .rows = 300, .batch = 300});
  for (int64_t replica = 0; replica < 2; ++replica)
    EXPECT_NEAR(scores[static_cast<size_t>(replica)].cross_entropy, losses[replica].item<double>(), 1e-4);
}

TEST_F(PairTraining, AnIrrelevantContextNeverHoldsTheTarget) {
  build(1);
  const PairScores scores = judge_pairs(*network_, *parameters_, {mixture({.input_width = 8, .pairs = 2, .relevant_share = 0})}, 200, 1)[0];
  EXPECT_EQ(scores.context_error, 1);
  EXPECT_EQ(scores.rows, 200);
}

// One context item: the in-context predictor pays its floor, 16.118 nats, on every irrelevant row and nothing on the others, so on average
// (1 - p_rel) of it.
TEST_F(PairTraining, TheInContextPredictorPaysItsFloorInIrrelevantContexts) {
  tensor::ParameterPlan plan;
  const model::InContextPredictor predictor({.pairs = 1, .input_width = 8}, plan);
  const tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  constexpr double kFloorLoss = 16.118;
  for (const double relevant : {0.0, 0.5, 0.9, 1.0}) {
    const PairScores scores = judge_pairs(predictor, parameters, {mixture({.input_width = 8, .relevant_share = relevant})}, 4000, 1)[0];
    EXPECT_NEAR(scores.cross_entropy, scores.context_error * kFloorLoss, 1e-3);
    EXPECT_NEAR(scores.cross_entropy, (1 - relevant) * kFloorLoss, 4 * kFloorLoss * std::sqrt(relevant * (1 - relevant) / 4000) + 1e-3);
  }
}

// Exact classes and a context that always holds the query's: both ways of answering are there, and one of them is found.
TEST_F(PairTraining, ANetworkLearnsAnEasyWorld) {
  build(2);
  const world::ClassMixtureConfig easy = {.input_width = 8, .pairs = 2, .relevant_share = 1, .noise = 0.1};
  const PairWorlds worlds = {mixture(easy), mixture(easy)};
  const PairObjective objective(*network_, worlds);
  Trainer trainer(*parameters_, objective, {.lr = {3e-3, 3e-3}, .threads = 2});
  for (int step = 0; step < 400; ++step) trainer.step();
  for (const PairScores& scores : judge_pairs(*network_, *parameters_, worlds, 500, 2)) EXPECT_LT(scores.error, 0.1);
}

}  // namespace
}  // namespace manabi::learn
