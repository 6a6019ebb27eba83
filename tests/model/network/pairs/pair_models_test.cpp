// Properties that every model of labelled vectors has, and what is particular to each.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <memory>

#include "model/network/pairs/content_attention_model.h"
#include "model/network/pairs/gated_pair_model.h"
#include "model/network/pairs/pair_network.h"
#include "model/network/pairs/perceptron_pair_model.h"
#include "model/network/pairs/recurrent_pair_model.h"
#include "tests/support/error.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

constexpr int64_t kReplicas = 2, kRows = 3, kPairs = 2, kInputs = 5, kLabels = 4;

struct Kind {
  std::string name;
  std::function<std::unique_ptr<PairModel>(tensor::ParameterPlan&)> make;
};

std::vector<Kind> kinds() {
  const auto recurrent = [](Cell cell) {
    return [cell](tensor::ParameterPlan& plan) {
      return std::make_unique<RecurrentPairModel>(
          RecurrentPairConfig{.cell = cell, .layers = 2, .width = 8, .pairs = kPairs, .input_width = kInputs, .labels = kLabels}, plan);
    };
  };
  const auto decoder = [](Positions positions) {
    return [positions](tensor::ParameterPlan& plan) {
      return std::make_unique<PairNetwork>(PairNetworkConfig{.decoder = {.layers = 1, .width = 8, .heads = 2},
                                                             .pairs = kPairs,
                                                             .input_width = kInputs,
                                                             .labels = kLabels,
                                                             .positions = positions},
                                           plan);
    };
  };
  const auto bare = [](tensor::ParameterPlan& plan) {
    at::manual_seed(3);
    return std::make_unique<ContentAttentionModel>(
        ContentAttentionConfig{.pairs = kPairs, .input_width = kInputs, .labels = kLabels, .positions = 7},
        at::randn({kReplicas, kLabels, kInputs}), plan);
  };
  const auto gated = [](tensor::ParameterPlan& plan) {
    return std::make_unique<GatedPairModel>(GatedPairConfig{.pairs = kPairs, .input_width = kInputs, .labels = kLabels, .hidden_width = 8},
                                            plan);
  };
  const auto perceptron = [](tensor::ParameterPlan& plan) {
    return std::make_unique<PerceptronPairModel>(
        PerceptronPairConfig{.layers = 2, .hidden_width = 16, .width = 8, .pairs = kPairs, .input_width = kInputs, .labels = kLabels}, plan);
  };
  return {{"gate between two predictors", gated},
          {"perceptron", perceptron},
          {"decoder, learned positions", decoder(Positions::learned)},
          {"decoder, sinusoids", decoder(Positions::sinusoidal)},
          {"decoder, rotary positions", decoder(Positions::rotary)},
          {"decoder, one-hot positions", decoder(Positions::one_hot)},
          {"decoder, no positions", decoder(Positions::none)},
          {"lstm", recurrent(Cell::lstm)},
          {"rnn", recurrent(Cell::rnn)},
          {"content attention", bare}};
}

PairInputs random_rows(int64_t replicas = kReplicas) {
  at::manual_seed(5);
  return {.inputs = at::randn({replicas, kRows, kPairs + 1, kInputs}),
          .labels = at::randint(kLabels, {replicas, kRows, kPairs}, at::kLong),
          .offsets = at::randint(3, {replicas, kRows}, at::kLong)};
}

class Built {
 public:
  explicit Built(const Kind& kind) : model(kind.make(plan)), parameters(plan, kReplicas, at::kFloat) {
    for (int64_t replica = 0; replica < kReplicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  }
  at::Tensor logits(const PairInputs& rows) const {
    const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
    return model->logits(leaves, rows).detach();
  }

  tensor::ParameterPlan plan;
  std::unique_ptr<PairModel> model;
  tensor::ParameterBuffer parameters;
};

TEST(PairModels, ARowIsAnsweredTheSameWhateverStandsBesideIt) {
  for (const Kind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const Built built(kind);
    const PairInputs rows = random_rows();
    const at::Tensor all = built.logits(rows);
    ASSERT_EQ(all.sizes(), (std::vector<int64_t>{kReplicas, kRows, kLabels}));
    const at::Tensor some =
        built.logits({rows.inputs.narrow(1, 1, 1), rows.labels.narrow(1, 1, 1).contiguous(), rows.offsets.narrow(1, 1, 1).contiguous()});
    EXPECT_TRUE(at::allclose(all.narrow(1, 1, 1), some, 1e-5, 1e-5));
  }
}

TEST(PairModels, EveryInputAndLabelOfTheContextMatters) {
  for (const Kind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const Built built(kind);
    const PairInputs rows = random_rows();
    const at::Tensor before = built.logits(rows);
    for (int64_t item = 0; item <= kPairs; ++item) {
      PairInputs changed = {rows.inputs.clone(), rows.labels, rows.offsets};
      changed.inputs.select(2, item) += 1;
      EXPECT_FALSE(at::allclose(built.logits(changed), before)) << "input " << item;
    }
    for (int64_t label = 0; label < kPairs; ++label) {
      PairInputs changed = {rows.inputs, rows.labels.clone(), rows.offsets};
      changed.labels.select(2, label).add_(1).remainder_(kLabels);
      EXPECT_FALSE(at::allclose(built.logits(changed), before)) << "label " << label;
    }
  }
}

TEST(PairModels, ReplicasHaveTheirOwnParameters) {
  for (const Kind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const PairInputs one = random_rows(1);
    const PairInputs twice = {one.inputs.repeat({2, 1, 1, 1}), one.labels.repeat({2, 1, 1}), one.offsets.repeat({2, 1})};
    const at::Tensor logits = Built(kind).logits(twice);
    EXPECT_FALSE(at::allclose(logits[0], logits[1]));
  }
}

TEST(Decoder, TheLastPositionAloneIsThatOfAll) {
  for (const int64_t layers : {0, 1, 3}) {
    for (const int64_t mlp_ratio : {0, 4}) {
      tensor::ParameterPlan plan;
      const Decoder decoder({.layers = layers, .width = 8, .heads = 2, .mlp_ratio = mlp_ratio}, plan);
      tensor::ParameterBuffer parameters(plan, 2, at::kFloat);
      parameters.initialise(0, 1);
      const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values())),
          last(parameters, 0, at::zeros_like(parameters.values()));
      const at::Tensor hidden = at::randn({2, 3, 5, 8});
      const at::Tensor all = decoder.forward(leaves, hidden).select(2, 4), alone = decoder.forward_last(last, hidden);
      EXPECT_TRUE(at::allclose(all, alone, 1e-5, 1e-5)) << layers << " " << mlp_ratio;
      torch::autograd::backward({all.square().sum()}, {});
      torch::autograd::backward({alone.square().sum()}, {});
      EXPECT_TRUE(at::allclose(leaves.gradients(), last.gradients(), 1e-3, 1e-4)) << layers << " " << mlp_ratio;
    }
  }
}

TEST(PairModels, WidthsThatDoNotFitAreNamed) {
  tensor::ParameterPlan plan;
  EXPECT_THAT(test::error_of([&] { PairNetwork({.decoder = {.width = 8}, .input_width = 5, .maps_inputs = false}, plan); }),
              HasSubstr("inputs of 5 numbers as tokens of 8"));
  EXPECT_THAT(test::error_of([&] { ContentAttentionModel({.pairs = 8, .positions = 16}, {}, plan); }), HasSubstr("17 tokens, at 16 positions"));
}

TEST(ContentAttention, ItsAttentionIsCausalAndAddsUpToOne) {
  const Built built(kinds().back());
  const tensor::ParameterLeaves leaves(built.parameters, 0, at::zeros_like(built.parameters.values()));
  for (const at::Tensor& layer : dynamic_cast<const ContentAttentionModel&>(*built.model).attention(leaves, random_rows())) {
    EXPECT_TRUE(at::allclose(layer.sum(-1), at::ones_like(layer.sum(-1))));
    EXPECT_TRUE(at::equal(layer.triu(1), at::zeros_like(layer)));
  }
}

}  // namespace
}  // namespace manabi::model
