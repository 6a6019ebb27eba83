// The Llama family: its forward pass against a naive one.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "tests/support/tiny_lm.h"

namespace manabi::model {
namespace {

using test::all_offsets;
using test::build;
using test::cache_of;
using test::expect_close;
using test::hidden_of;
using test::logits_of;
using test::random_tokens;
using test::TinyLlama;
using test::to_tensor;

void expect_naive_logits(const LlamaConfiguration& configuration, size_t length) {
  const TinyLlama tiny = test::make_tiny_llama(configuration);
  const std::vector<TokenId> tokens = random_tokens(length, 3);
  expect_close(logits_of(*build(tiny), tokens), to_tensor(test::naive_logits(tiny, tokens)));
}

// Takes one setting at a time away from the default tiny model.
TEST(Llama, OneTokenEqualsTheNaiveModel) { expect_naive_logits(test::tiny_configuration(), 1); }
TEST(Llama, ManyTokensEqualTheNaiveModel) { expect_naive_logits(test::tiny_configuration(), 70); }

TEST(Llama, AnUntiedHeadEqualsTheNaiveModel) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.is_tied = false;
  expect_naive_logits(configuration, 9);
}

TEST(Llama, OneLayerEqualsTheNaiveModel) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.layers = 1;
  expect_naive_logits(configuration, 9);
}

TEST(Llama, EveryGroupingOfHeadsEqualsTheNaiveModel) {
  for (const int64_t kv_heads : {1, 2, 4}) {
    LlamaConfiguration configuration = test::tiny_configuration();
    configuration.kv_heads = kv_heads;
    expect_naive_logits(configuration, 9);
  }
}

TEST(Llama, AHeadWidthOfItsOwnEqualsTheNaiveModel) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.head_width = 10;
  expect_naive_logits(configuration, 9);
}

TEST(Llama, EveryRotationScalingEqualsTheNaiveModel) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.rotation.theta = 500;
  configuration.rotation.scaling = RotationSettings::Scaling::linear;
  configuration.rotation.linear_factor = 4;
  expect_naive_logits(configuration, 40);
  configuration.head_width = 8;
  configuration.rotation.scaling = RotationSettings::Scaling::llama3;
  configuration.rotation.llama3 = {.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 64};
  expect_naive_logits(configuration, 40);
}

class TinyLm : public ::testing::Test {
 protected:
  const TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<CausalLM> lm = build(tiny);
};

TEST_F(TinyLm, RowsDoNotSeeEachOther) {
  const std::vector<TokenId> first = random_tokens(5, 1), second = random_tokens(33, 2), third = random_tokens(1, 3);
  const std::vector<Row> rows = {{first, nullptr, {4}}, {second, nullptr, {0, 7, 32}}, {third, nullptr, {0}}};
  const at::Tensor together = lm->forward(rows).hidden;
  expect_close(together.narrow(0, 0, 1), hidden_of(*lm, rows[0]), 1e-5);
  expect_close(together.narrow(0, 1, 3), hidden_of(*lm, rows[1]), 1e-5);
  expect_close(together.narrow(0, 4, 1), hidden_of(*lm, rows[2]), 1e-5);
}

TEST_F(TinyLm, AChainOfPrefixesEqualsTheWholeSequence) {
  const std::vector<TokenId> tokens = random_tokens(40, 4);
  const std::span<const TokenId> all(tokens);
  const at::Tensor whole = hidden_of(*lm, {tokens, nullptr, {39}});
  for (const size_t split : {1u, 17u, 38u}) {
    const auto first = cache_of(*lm, all.first(split));
    expect_close(hidden_of(*lm, {all.subspan(split), first, {static_cast<int64_t>(39 - split)}}), whole, 1e-5);
    const auto second = cache_of(*lm, all.subspan(split, 1), first);
    EXPECT_EQ(second->begin, static_cast<int64_t>(split));
    EXPECT_EQ(second->end(), static_cast<int64_t>(split) + 1);
    expect_close(hidden_of(*lm, {all.subspan(split + 1), second, {static_cast<int64_t>(38 - split)}}), whole, 1e-5);
  }
}

TEST_F(TinyLm, ManyRowsShareOnePrefix) {
  const std::vector<TokenId> shared = random_tokens(20, 5), first = random_tokens(3, 6), second = random_tokens(8, 7);
  const auto prefix = cache_of(*lm, shared);
  const std::vector<Row> rows = {{first, prefix, {2}}, {second, prefix, {7}}, {first, nullptr, {2}}};
  const at::Tensor together = lm->forward(rows).hidden;
  std::vector<TokenId> whole = shared;
  whole.insert(whole.end(), second.begin(), second.end());
  expect_close(together.narrow(0, 1, 1), hidden_of(*lm, {whole, nullptr, {27}}), 1e-5);
  expect_close(together.narrow(0, 2, 1), hidden_of(*lm, {first, nullptr, {2}}), 1e-5);
}

TEST_F(TinyLm, WantedStatesEqualThoseOfAskingForAll) {
  const std::vector<TokenId> tokens = random_tokens(30, 8);
  const at::Tensor all = hidden_of(*lm, {tokens, nullptr, all_offsets(30)});
  for (const std::vector<int64_t>& wanted : std::vector<std::vector<int64_t>>{{0}, {29}, {3, 4, 20}, {0, 29}}) {
    const at::Tensor expected = all.index_select(0, at::tensor(wanted, at::kLong));
    expect_close(hidden_of(*lm, {tokens, nullptr, wanted, false}), expected, 1e-5);
    expect_close(hidden_of(*lm, {tokens, nullptr, wanted, true}), expected, 1e-5);
  }
}

TEST_F(TinyLm, NothingWantedGivesNoStates) {
  const std::vector<TokenId> tokens = random_tokens(4, 9);
  const std::vector<Row> rows = {{tokens, nullptr, {}}, {tokens, nullptr, {}, true}};
  const Forward forward = lm->forward(rows);
  EXPECT_EQ(forward.hidden.sizes(), (std::vector<int64_t>{0, 16}));
  EXPECT_EQ(forward.caches[0], nullptr);
  ASSERT_NE(forward.caches[1], nullptr);
  EXPECT_EQ(forward.caches[1]->layers.size(), 3u);
  EXPECT_EQ(forward.caches[1]->layers[2].keys.sizes(), (std::vector<int64_t>{4, 2, 4}));
  EXPECT_EQ(lm->forward({}).hidden.sizes(), (std::vector<int64_t>{0, 16}));
}

TEST_F(TinyLm, LogProbabilitiesAreLogSoftmaxOfTheLogits) {
  const std::vector<TokenId> tokens = random_tokens(6, 10);
  const at::Tensor hidden = hidden_of(*lm, {tokens, nullptr, {1, 5}});
  const at::Tensor targets = at::tensor({0, 3, 1, 0, 1, 263}, at::kLong).view({3, 2});
  const at::Tensor logits = lm->logits(hidden);
  const at::Tensor picked = logits.index({targets.select(1, 0), targets.select(1, 1)});
  expect_close(lm->logits_at(hidden, targets), picked, 1e-4);
  const at::Tensor normaliser = logits.logsumexp({-1}).index_select(0, targets.select(1, 0));
  expect_close(lm->log_probabilities(hidden, targets), picked - normaliser, 1e-4);
}

TEST_F(TinyLm, SizesAreTheConfigurations) {
  EXPECT_EQ(lm->vocabulary(), 264);
  EXPECT_EQ(lm->context(), 512);
  EXPECT_EQ(lm->layers(), 3);
  EXPECT_EQ(lm->width(), 16);
  EXPECT_EQ(lm->cache_bytes_per_token(), 2 * 3 * 2 * 4 * 4);
  int64_t parameters = 0;
  for (const auto& [name, tensor] : tiny.tensors) parameters += static_cast<int64_t>(tensor.values.size());
  EXPECT_EQ(lm->parameters(), parameters);
}

TEST(Llama, Bfloat16StaysNearFloat32) {
  const TinyLlama tiny = test::make_tiny_llama();
  const std::unique_ptr<CausalLM> lm = build(tiny, {.device = at::kCPU, .dtype = at::kBFloat16});
  const std::vector<TokenId> tokens = random_tokens(30, 11);
  const at::Tensor expected = to_tensor(test::naive_logits(tiny, tokens));
  // Eight bits of mantissa over three narrow layers: a few percent of the logits' spread.
  const double spread = expected.std().item<double>();
  const at::Tensor error = logits_of(*lm, tokens).to(at::kDouble) - expected;
  EXPECT_LE(error.square().mean().sqrt().item<double>(), 0.08 * spread);
  EXPECT_EQ(lm->cache_bytes_per_token(), 2 * 3 * 2 * 4 * 2);
}

std::string message_of(const CausalLM& lm, const Row& row) {
  try {
    lm.forward(std::span(&row, 1));
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(TinyLm, BadRowsAreRefusedByNumberAndReason) {
  const std::vector<TokenId> good = random_tokens(4, 12), outside = {1, 264}, negative = {-1}, none, too_long = random_tokens(513, 13);
  const auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(message_of(*lm, {outside, nullptr, {0}}), "token 264 at offset 1"));
  EXPECT_TRUE(has(message_of(*lm, {negative, nullptr, {0}}), "token -1"));
  EXPECT_TRUE(has(message_of(*lm, {none, nullptr, {}}), "no tokens"));
  EXPECT_TRUE(has(message_of(*lm, {too_long, nullptr, {0}}), "513"));
  EXPECT_TRUE(has(message_of(*lm, {good, nullptr, {4}}), "wanted offset 4"));
  EXPECT_TRUE(has(message_of(*lm, {good, nullptr, {2, 1}}), "wanted offset 1"));
  LlamaConfiguration shallow = test::tiny_configuration();
  shallow.layers = 1;
  const auto foreign = cache_of(*build(test::make_tiny_llama(shallow)), good);
  EXPECT_TRUE(has(message_of(*lm, {good, foreign, {0}}), "a prefix of 1 layers"));
  const std::vector<TokenId> long_prefix = random_tokens(510, 14);
  EXPECT_TRUE(has(message_of(*lm, {good, cache_of(*lm, long_prefix), {0}}), "a sequence of 514 tokens"));
}

}  // namespace
}  // namespace manabi::model
