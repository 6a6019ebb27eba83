#include "model/trainable/trainable_transformer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "model/network/token_network.h"
#include "model/trained/blueprint.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_lm.h"

namespace manabi::model {
namespace {

using test::expect_close;
using test::logits_of;
using test::random_tokens;

const std::vector<TokenId> kTokens = random_tokens(9, 1);

at::Tensor logits_with_gradients(const TrainableTransformer& network, const std::vector<TokenId>& tokens,
                                 const TrainableTransformer::Edit& edit = {}) {
  const std::vector<int64_t> lengths = {std::ssize(tokens)};
  return network.logits(network.forward(network.embed(tokens), lengths, edit));
}

std::unique_ptr<CausalLM> decoder(DecoderConfig config, Positions positions) {
  tensor::ParameterPlan plan;
  config.layers = 2;
  config.width = 16;
  config.heads = 2;
  const TokenNetwork network({.decoder = config, .vocabulary = test::kTinyVocabulary, .context = 32, .positions = positions}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  parameters.initialise(0, 5);
  at::manual_seed(1);
  parameters.values().add_(0.3 * at::randn_like(parameters.values()));
  return language_model_of(network, parameters, 0, {});
}

TEST(TrainableTransformer, GivesTheLogitsOfTheModelThatItCopies) {
  std::vector<std::unique_ptr<CausalLM>> models;
  models.push_back(test::build(test::make_tiny_llama()));
  models.push_back(decoder({}, Positions::learned));
  models.push_back(decoder({.activation = tensor::Activation::relu}, Positions::rotary));
  models.push_back(decoder({.norms = Norms::after}, Positions::learned));
  models.push_back(decoder({.mlp_ratio = 0, .norms = Norms::none}, Positions::sinusoidal));
  for (const std::unique_ptr<CausalLM>& lm : models) {
    const std::unique_ptr<TrainableTransformer> network = lm->trainable();
    expect_close(logits_with_gradients(*network, kTokens), logits_of(*lm, kTokens));
    expect_close(logits_of(*network->frozen({}), kTokens), logits_of(*lm, kTokens));
    EXPECT_EQ(network->frozen({})->parameters(), lm->parameters());
  }
}

TEST(TrainableTransformer, RowsDoNotSeeEachOther) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto network = lm->trainable();
  const std::vector<TokenId> other = random_tokens(4, 2);
  std::vector<TokenId> both = kTokens;
  both.insert(both.end(), other.begin(), other.end());
  const std::vector<int64_t> lengths = {9, 4};
  const at::Tensor logits = network->logits(network->forward(network->embed(both), lengths));
  expect_close(logits.narrow(0, 0, 9), logits_of(*lm, kTokens));
  expect_close(logits.narrow(0, 9, 4), logits_of(*lm, other));
}

// What is written at a site is what follows, as for the taps of the model itself.
TEST(TrainableTransformer, EditsAreWhatTapsAre) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto network = lm->trainable();
  using enum SiteKind;
  for (const SiteKind kind :
       {resid_pre, q, k, v, rot_q, rot_k, z, attn_out, resid_mid, mlp_pre, mlp_pre_linear, mlp_post, mlp_out, resid_post}) {
    SCOPED_TRACE(word_of(kind));
    const Site site{kind, 1};
    const at::Tensor edited = logits_with_gradients(
        *network, kTokens, [&](const Site& at, const at::Tensor& values) { return at == site ? values * 0.5 + 0.25 : values; });
    Taps taps;
    taps.add(site, [](const Sighting& sighting) { sighting.values.mul_(0.5).add_(0.25); });
    const Row row{.tokens = kTokens, .wanted = test::all_offsets(kTokens.size())};
    expect_close(edited, lm->logits(lm->forward(std::span(&row, 1), {.taps = &taps}).hidden));
    EXPECT_GT((edited - logits_of(*lm, kTokens)).abs().max().item<double>(), 0.01);
  }
}

// In float64 against differences of the loss.
TEST(TrainableTransformer, GradientsAreDifferencesOfTheLoss) {
  const auto network = test::build(test::make_tiny_llama())->trainable();
  network->to(at::kDouble);
  const auto loss = [&] { return logits_with_gradients(*network, kTokens).log_softmax(-1).select(1, 7).sum(); };
  TrainableLayer& layer = network->layers()[1];
  for (at::Tensor* weight : {&layer.k.weight, &layer.v.weight, &layer.down.weight, &layer.attention_norm.gain, &layer.q.weight}) {
    weight->requires_grad_(true);
    loss().backward();
    const at::Tensor gradient = weight->grad().clone();
    weight->requires_grad_(false);
    weight->mutable_grad().reset();
    at::Tensor flat = weight->view(-1);
    for (const int64_t place : {int64_t{0}, flat.numel() / 2, flat.numel() - 1}) {
      constexpr double kStep = 1e-5;
      const double was = flat[place].item<double>();
      flat[place] = was + kStep;
      const double above = loss().item<double>();
      flat[place] = was - kStep;
      const double below = loss().item<double>();
      flat[place] = was;
      EXPECT_NEAR(gradient.view(-1)[place].item<double>(), (above - below) / (2 * kStep), 1e-5);
    }
  }
}

TEST(TrainableTransformer, FreezingTakesTheWeightsAsTheyAre) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto network = lm->trainable();
  network->layers()[2].k.weight.mul_(-1);
  network->layers()[0].v.weight.add_(0.1);
  const auto frozen = network->frozen({});
  expect_close(logits_of(*frozen, kTokens), logits_with_gradients(*network, kTokens));
  EXPECT_GT((logits_of(*frozen, kTokens) - logits_of(*lm, kTokens)).abs().max().item<double>(), 0.01);
}

TEST(TrainableTransformer, RandomWeightsAreAFunctionOfTheSeed) {
  const auto lm = test::build(test::make_tiny_llama());
  const auto logits = [&](uint64_t seed) {
    const auto network = lm->trainable();
    network->randomise(base::Rng(seed));
    return logits_of(*network->frozen({}), kTokens);
  };
  EXPECT_TRUE(at::equal(logits(1), logits(1)));
  EXPECT_FALSE(at::equal(logits(1), logits(2)));
}

TEST(TrainableTransformer, WhatHasNoGradientsSaysSo) {
  EXPECT_THROW(test::ToyLM().trainable(), base::Error);
  EXPECT_THROW(decoder({.attention = tensor::AttentionWeights::linear}, Positions::learned)->trainable(), base::Error);
}

}  // namespace
}  // namespace manabi::model
