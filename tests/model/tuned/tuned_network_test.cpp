// What is tuned of a network, against the same network with every weight differentiated by libtorch.
#include "model/tuned/tuned_network.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <numeric>

#include "model/network/token_network.h"
#include "model/trainable/trainable_transformer.h"
#include "model/trained/blueprint.h"
#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_lm.h"

namespace manabi::model {
namespace {

using test::expect_close;
using test::logits_of;
using test::random_tokens;
using testing::HasSubstr;

const std::vector<TokenId> kTokens = random_tokens(9, 1), kOther = random_tokens(4, 2);

std::unique_ptr<CausalLM> gpt() {
  tensor::ParameterPlan plan;
  const TokenNetwork network({.decoder = {.layers = 2, .width = 16, .heads = 2}, .vocabulary = test::kTinyVocabulary, .context = 32}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  parameters.initialise(0, 5);
  at::manual_seed(1);
  parameters.values().add_(0.3 * at::randn_like(parameters.values()));
  return language_model_of(network, parameters, 0, {});
}

// Every family of norms and MLPs.
std::vector<std::unique_ptr<CausalLM>> models() {
  std::vector<std::unique_ptr<CausalLM>> all;
  all.push_back(test::build(test::make_tiny_llama()));
  all.push_back(gpt());
  return all;
}

// Parts with parameters and gradients.
struct Tuned {
  TunedNetwork network;
  tensor::ParameterBuffer parameters;
  tensor::ParameterLeaves leaves;

  Tuned(const CausalLM& lm, TunedParts parts, int64_t replicas = 1, at::ScalarType dtype = at::kFloat)
      : network(lm.frozen(dtype), std::move(parts)),
        parameters(network.plan(), replicas, at::kFloat),
        leaves(parameters, 0, at::zeros_like(parameters.values())) {
    for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, 3 + static_cast<uint64_t>(replica));
    network.initialise_copies(parameters);
  }

  at::Tensor logits(std::span<const TunedRow> rows) const { return network.logits(leaves, network.hidden(leaves, rows)); }
  at::Tensor gradient(const std::string& name) const {
    for (tensor::ParameterId id = 0; id < parameters.shapes().size(); ++id)
      if (parameters.shapes()[id].name == name) return leaves[id].grad();
    ADD_FAILURE() << name;
    return {};
  }
};

std::vector<int64_t> every(std::span<const TokenId> tokens) {
  std::vector<int64_t> all(tokens.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

const std::vector<int64_t> kAll = every(kTokens), kAllOther = every(kOther);
const std::vector<TunedRow> kRows = {{.tokens = kTokens, .wanted = kAll}, {.tokens = kOther, .wanted = kAllOther}};

// Gradients, against the largest of them.
void expect_same_gradient(const at::Tensor& got, const at::Tensor& expected) {
  ASSERT_TRUE(got.defined() && expected.defined());
  expect_close(got, expected, 1e-4 * expected.abs().max().item<double>());
}

// A weighted sum, so that every output has its own gradient.
at::Tensor weighted(const at::Tensor& logits) {
  at::manual_seed(7);
  return (logits * at::randn(logits.sizes())).sum();
}

// Of both rows of kRows, as one model reads them.
at::Tensor expected_logits(const CausalLM& lm) { return at::cat({logits_of(lm, kTokens), logits_of(lm, kOther)}); }

at::Tensor trainable_logits(const TrainableTransformer& network) {
  const std::vector<int64_t> lengths = {9, 4};
  std::vector<TokenId> both = kTokens;
  both.insert(both.end(), kOther.begin(), kOther.end());
  return network.logits(network.forward(network.embed(both), lengths));
}

TEST(TunedNetwork, PartsThatChangeNothingGiveTheLogitsOfTheModel) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    for (const TunedParts& parts : {TunedParts{.lora = LoraParts{}}, TunedParts{.biases = true}, TunedParts{.weights = true}}) {
      const Tuned tuned(*lm, parts);
      expect_close(tuned.logits(kRows).detach(), expected_logits(*lm));
    }
    expect_close(logits_of(*language_model_of(*lm->frozen(at::kFloat), {}), kTokens), logits_of(*lm, kTokens));
  }
}

TEST(TunedNetwork, OnlyWantedStatesComeBack) {
  const auto lm = test::build(test::make_tiny_llama());
  const Tuned tuned(*lm, {.lora = LoraParts{}});
  const std::vector<int64_t> some = {2, 8}, last = {3};
  const std::vector<TunedRow> rows = {{.tokens = kTokens, .wanted = some}, {.tokens = kOther, .wanted = last}};
  const at::Tensor all = expected_logits(*lm);
  expect_close(tuned.logits(rows).detach(), at::stack({all[2], all[8], all[12]}));
}

TEST(TunedNetwork, RowsInFrontAreAsIfTheirTokensStoodThere) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    const Tuned tuned(*lm, {.prompt = SoftPromptParts{.lengths = {4}}});
    const auto network = lm->trainable();
    tuned.parameters.view("prompt.table").copy_(network->embed(kOther).unsqueeze(0));
    std::vector<TokenId> whole = kOther;
    whole.insert(whole.end(), kTokens.begin(), kTokens.end());
    const std::vector<TunedRow> row = {{.tokens = kTokens, .wanted = kAll}};
    expect_close(tuned.logits(row).detach(), logits_of(*lm, whole).narrow(0, 4, 9));
  }
}

TEST(TunedNetwork, GradientsOfRowsInFrontAreThoseOfEmbeddings) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    const Tuned tuned(*lm, {.prompt = SoftPromptParts{.lengths = {4}}});
    const auto network = lm->trainable();
    at::Tensor prompt = tuned.parameters.view("prompt.table")[0].clone().set_requires_grad(true);
    const std::vector<int64_t> lengths = {13, 8};
    const at::Tensor stream = at::cat({prompt, network->embed(kTokens), prompt, network->embed(kOther)});
    const at::Tensor logits = network->logits(network->forward(stream, lengths));
    weighted(at::cat({logits.narrow(0, 4, 9), logits.narrow(0, 17, 4)})).backward();
    weighted(tuned.logits(kRows)).backward();
    expect_same_gradient(tuned.gradient("prompt.table")[0], prompt.grad());
  }
}

TEST(TunedNetwork, RowsStandWhereTokensNameThem) {
  const auto lm = test::build(test::make_tiny_llama());
  const Tuned tuned(*lm, {.prompt = SoftPromptParts{.lengths = {2}, .stands_in_front = false}});
  const auto network = lm->trainable();
  const std::vector<TokenId> places = {5, soft_token(1), 6, soft_token(0), soft_token(1)};
  const std::vector<int64_t> all = {0, 1, 2, 3, 4}, lengths = {5};
  const std::vector<TunedRow> row = {{.tokens = places, .wanted = all}};
  at::Tensor prompt = tuned.parameters.view("prompt.table")[0].clone().set_requires_grad(true);
  const std::vector<TokenId> real = {5, 6};
  const at::Tensor embedded = network->embed(real);
  const at::Tensor stream = at::stack({embedded[0], prompt[1], embedded[1], prompt[0], prompt[1]});
  const at::Tensor expected = network->logits(network->forward(stream, lengths)), actual = tuned.logits(row);
  expect_close(actual.detach(), expected.detach());
  weighted(expected).backward();
  weighted(actual).backward();
  expect_same_gradient(tuned.gradient("prompt.table")[0], prompt.grad());
}

// Keys and values of real tokens in front are these tokens in front.
TEST(TunedNetwork, APrefixOfRealTokensIsTheirContext) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    const Tuned tuned(*lm, {.prefix = PrefixParts{.lengths = {4}}});
    const Row row{.tokens = kOther, .wanted = {3}, .keeps_cache = true};
    const std::shared_ptr<const Cache> cache = lm->forward({&row, 1}).caches[0];
    std::vector<at::Tensor> layers;
    for (const tensor::KeyValueRun& run : cache->layers) layers.push_back(at::stack({run.keys, run.values}, 1));
    tuned.parameters.view("prefix.table").copy_(at::stack(layers, 1).flatten(1).unsqueeze(0));
    std::vector<TokenId> whole = kOther;
    whole.insert(whole.end(), kTokens.begin(), kTokens.end());
    const std::vector<TunedRow> rows = {{.tokens = kTokens, .wanted = kAll}};
    expect_close(tuned.logits(rows).detach(), logits_of(*lm, whole).narrow(0, 4, 9));
  }
}

// The change of the loss along the gradient is the gradient's square.
void expect_gradient_is_slope(const Tuned& tuned, std::span<const TunedRow> rows) {
  weighted(tuned.logits(rows)).backward();
  const at::Tensor gradient = tuned.leaves.gradients().clone();
  ASSERT_GT(gradient.norm().item<double>(), 0);
  const at::Tensor direction = gradient / gradient.norm();
  constexpr double kStep = 1e-3;
  const auto loss_at = [&](double step) {
    tuned.parameters.values().add_(direction, step);
    const double loss = weighted(tuned.logits(rows)).item<double>();
    tuned.parameters.values().sub_(direction, step);
    return loss;
  };
  const double slope = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep), norm = gradient.norm().item<double>();
  EXPECT_NEAR(slope / norm, 1, 0.02);
}

TEST(TunedNetwork, GradientsOfEveryPartAreSlopes) {
  const PrefixParts plain{.lengths = {3}}, encoded{.lengths = {3}, .encoder_width = 5};
  const SoftPromptParts mlp{.lengths = {3}, .encoder = PromptEncoder::mlp},
      lstm{.lengths = {3}, .encoder = PromptEncoder::lstm, .encoder_width = 6};
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    for (const TunedParts& parts :
         {TunedParts{.prefix = plain}, TunedParts{.prefix = encoded}, TunedParts{.prompt = mlp}, TunedParts{.prompt = lstm},
          TunedParts{.prompt = SoftPromptParts{.lengths = {2}}, .prefix = plain, .lora = LoraParts{}}}) {
      const Tuned tuned(*lm, parts);
      expect_gradient_is_slope(tuned, kRows);
    }
  }
}

TEST(TunedNetwork, LoraIsAWeightOfLowRankBesideEveryMatrix) {
  const auto lm = test::build(test::make_tiny_llama());
  using enum TunedMatrix;
  const Tuned tuned(*lm, {.lora = LoraParts{.rank = 2, .scale = 0.5, .matrices = {q, k, v, attention_out, gate, up, down}}});
  at::manual_seed(2);
  for (const tensor::ParameterShape& shape : tuned.parameters.shapes()) {
    const at::Tensor values = tuned.parameters.view(shape.name);
    values.copy_(0.3 * at::randn_like(values));
  }
  const auto network = lm->trainable();
  std::map<std::string, at::Tensor> leaves;
  for (size_t index = 0; index < network->layers().size(); ++index) {
    TrainableLayer& layer = network->layers()[index];
    const auto change = [&](const char* name, at::Tensor weight) {
      const std::string full = "blocks." + std::to_string(index) + "." + name;
      const at::Tensor a = leaves[full + ".lora_a"] = tuned.parameters.view(full + ".lora_a")[0].clone().set_requires_grad(true);
      const at::Tensor b = leaves[full + ".lora_b"] = tuned.parameters.view(full + ".lora_b")[0].clone().set_requires_grad(true);
      return weight + 0.5 * at::mm(b, a);
    };
    layer.q.weight = change("q", layer.q.weight);
    layer.k.weight = change("k", layer.k.weight);
    layer.v.weight = change("v", layer.v.weight);
    layer.attention_out.weight = change("o", layer.attention_out.weight);
    const std::vector<at::Tensor> halves = layer.up.weight.chunk(2, 0);
    layer.up.weight = at::cat({change("gate", halves[0]), change("up", halves[1])});
    layer.down.weight = change("down", layer.down.weight);
  }
  const at::Tensor expected = trainable_logits(*network), actual = tuned.logits(kRows);
  expect_close(actual.detach(), expected.detach(), 1e-4);
  weighted(expected).backward();
  weighted(actual).backward();
  for (const auto& [name, leaf] : leaves) {
    SCOPED_TRACE(name);
    expect_same_gradient(tuned.gradient(name)[0], leaf.grad());
  }
}

TEST(TunedNetwork, WholeWeightsHaveTheGradientsOfTheTrainableNetwork) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    const Tuned tuned(*lm, {.biases = true, .weights = true});
    const auto network = lm->trainable();
    for (TrainableLayer& layer : network->layers()) {
      layer.down.weight.set_requires_grad(true);
      layer.v.weight.set_requires_grad(true);
      layer.mlp_norm.gain.set_requires_grad(true);
      if (layer.up.bias.defined()) layer.up.bias.set_requires_grad(true);
    }
    weighted(trainable_logits(*network)).backward();
    weighted(tuned.logits(kRows)).backward();
    const FrozenNetwork& frozen = tuned.network.frozen();
    for (size_t index = 0; index < network->layers().size(); ++index) {
      const TrainableLayer& layer = network->layers()[index];
      const std::string name = "blocks." + std::to_string(index) + ".";
      expect_same_gradient(tuned.gradient(name + "down.weight")[0], layer.down.weight.grad());
      expect_same_gradient(tuned.gradient(name + "heads.weight")[0].narrow(0, frozen.query_width() + frozen.kv_width(), frozen.kv_width()),
                           layer.v.weight.grad());
      expect_same_gradient(tuned.gradient(name + "mlp_norm.gain")[0], layer.mlp_norm.gain.grad());
      if (layer.up.bias.defined()) expect_same_gradient(tuned.gradient(name + "up.bias")[0], layer.up.bias.grad());
    }
    // What is read and what is said share the embedding where it is tied.
    EXPECT_GT(tuned.gradient("embedding.weight").norm().item<double>(), 0);
  }
}

// Every replica has its own rows, lengths and parameters: together they are what each is alone.
TEST(TunedNetwork, AReplicaIsTheSameAloneAndAmongOthers) {
  for (const std::unique_ptr<CausalLM>& lm : models()) {
    const TunedParts parts = {
        .prompt = SoftPromptParts{.lengths = {2, 5}}, .prefix = PrefixParts{.lengths = {3, 1}}, .lora = LoraParts{.rank = 2}};
    const Tuned both(*lm, parts, 2);
    at::manual_seed(2);
    both.parameters.values().copy_(0.3 * at::randn_like(both.parameters.values()));
    const std::vector<TunedRow> rows = {{.replica = 0, .tokens = kTokens, .wanted = kAll},
                                        {.replica = 1, .tokens = kOther, .wanted = kAllOther}};
    const at::Tensor together = both.logits(rows);
    weighted(together).backward();
    for (int64_t replica = 0; replica < 2; ++replica) {
      const tensor::ParameterLeaves own(both.parameters, replica, at::zeros({1, both.parameters.width()}));
      std::vector<TunedRow> row = {rows[static_cast<size_t>(replica)]};
      row[0].replica = 0;
      const at::Tensor alone = both.network.logits(own, both.network.hidden(own, row));
      expect_close(together.narrow(0, replica == 0 ? 0 : 9, alone.size(0)).detach(), alone.detach());
      at::manual_seed(7);
      const at::Tensor outer = at::randn(together.sizes()).narrow(0, replica == 0 ? 0 : 9, alone.size(0));
      torch::autograd::backward({(alone * outer).sum()}, {});
      expect_same_gradient(both.leaves.gradients()[replica], own.gradients()[0]);
    }
  }
}

TEST(TunedNetwork, AFrozenNetworkInBfloat16IsNearTheExact) {
  const auto lm = test::build(test::make_tiny_llama());
  const TunedParts parts = {.prompt = SoftPromptParts{.lengths = {4}}};
  const Tuned exact(*lm, parts), rounded(*lm, parts, 1, at::kBFloat16);
  const at::Tensor left = exact.logits(kRows), right = rounded.logits(kRows);
  EXPECT_EQ(right.scalar_type(), at::kFloat);
  EXPECT_LT((left - right).norm().item<double>(), 0.05 * left.norm().item<double>());
  weighted(left).backward();
  weighted(right).backward();
  const at::Tensor a = exact.gradient("prompt.table").flatten(), b = rounded.gradient("prompt.table").flatten();
  EXPECT_GT((a.dot(b) / a.norm() / b.norm()).item<double>(), 0.98);
}

TEST(TunedNetwork, PartsThatDoNotFitAreRefused) {
  const auto lm = gpt();
  const auto refusal = [&](TunedParts parts) { return test::error_of([&] { TunedNetwork(lm->frozen(at::kFloat), std::move(parts)); }); };
  EXPECT_THAT(refusal({}), HasSubstr("at least one"));
  EXPECT_THAT(refusal({.lora = LoraParts{.matrices = {TunedMatrix::gate}}}), HasSubstr("no gate"));
  EXPECT_THAT(refusal({.lora = LoraParts{.rank = 0}}), HasSubstr("rank"));
  EXPECT_THAT(refusal({.prompt = SoftPromptParts{.lengths = {0}}}), HasSubstr("at least one position"));
  const Tuned tuned(*lm, {.prompt = SoftPromptParts{.lengths = {30}}});
  EXPECT_THAT(test::error_of([&] { tuned.logits(kRows); }), HasSubstr("context of 32"));
  EXPECT_THAT(test::error_of([&] { tuned_matrix("queries"); }), HasSubstr("q, k, v, qkv"));
}

}  // namespace
}  // namespace manabi::model
