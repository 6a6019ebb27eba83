// A tuned network, its adapter on disk, and the model with the adapter: all three say the same.
#include "model/adapters/adapter.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/format/json.h"
#include "model/adapters/peft_files.h"
#include "model/network/token_network.h"
#include "model/trained/blueprint.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_lm.h"

namespace manabi::model {
namespace {

using test::expect_close;
using test::logits_of;
using test::random_tokens;
using testing::HasSubstr;

const std::vector<TokenId> kTokens = random_tokens(7, 1);

std::unique_ptr<CausalLM> llama() { return test::build(test::make_tiny_llama()); }

std::unique_ptr<CausalLM> gpt() {
  tensor::ParameterPlan plan;
  const TokenNetwork network({.decoder = {.layers = 2, .width = 16, .heads = 2}, .vocabulary = test::kTinyVocabulary, .context = 32}, plan);
  tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
  parameters.initialise(0, 5);
  return language_model_of(network, parameters, 0, {});
}

struct Tuned {
  Adapter adapter;
  AdapterShape shape;
  at::Tensor logits;  // [T, V] of kTokens
};

Tuned tuned(const CausalLM& lm, TunedParts parts) {
  const TunedNetwork network(lm.frozen(at::kFloat), std::move(parts));
  tensor::ParameterBuffer parameters(network.plan(), 1, at::kFloat);
  parameters.initialise(0, 3);
  network.initialise_copies(parameters);
  at::manual_seed(2);
  for (const tensor::ParameterShape& shape : parameters.shapes())
    parameters.view(shape.name).add_(0.2 * at::randn_like(parameters.view(shape.name)));
  const tensor::ParameterLeaves leaves(parameters);
  const std::vector<int64_t> all = {0, 1, 2, 3, 4, 5, 6};
  const TunedRow row{.tokens = kTokens, .wanted = all};
  Tuned result{.adapter = adapter_of(network, parameters, 0),
               .shape = AdapterShape::of(network.frozen()),
               .logits = network.logits(leaves, network.hidden(leaves, {&row, 1})).detach()};
  result.adapter.method = "test";
  result.adapter.base_name = "tiny";
  result.adapter.base_hash = "abc";
  return result;
}

std::vector<TunedParts> all_parts(bool is_gpt) {
  using enum TunedMatrix;
  const std::vector<TunedMatrix> matrices =
      is_gpt ? std::vector{qkv, attention_out, up, down} : std::vector{q, k, v, attention_out, gate, up, down};
  return {{.prompt = SoftPromptParts{.lengths = {3}}},
          {.prompt = SoftPromptParts{.lengths = {3}, .encoder = PromptEncoder::mlp}},
          {.prefix = PrefixParts{.lengths = {3}}},
          {.prefix = PrefixParts{.lengths = {3}, .encoder_width = 6}},
          {.lora = LoraParts{.rank = 2, .scale = 0.5, .matrices = matrices}},
          {.biases = true}};
}

TEST(Adapter, AModelWithItSaysWhatTheTunedNetworkSays) {
  for (const bool is_gpt : {false, true}) {
    for (const TunedParts& parts : all_parts(is_gpt)) {
      const auto lm = is_gpt ? gpt() : llama();
      const Tuned from = tuned(*lm, parts);
      expect_close(logits_of(*adapted(is_gpt ? gpt() : llama(), from.adapter), kTokens), from.logits);
    }
  }
}

// Several beside one model, which stays as it is.
TEST(Adapter, BesideAModelItSaysTheSameAndLeavesTheModelAlone) {
  for (const bool is_gpt : {false, true}) {
    const auto lm = is_gpt ? gpt() : llama();
    const at::Tensor before = logits_of(*lm, kTokens);
    std::vector<std::unique_ptr<CausalLM>> all;
    std::vector<at::Tensor> expected;
    for (const TunedParts& parts : all_parts(is_gpt)) {
      const Tuned from = tuned(*lm, parts);
      all.push_back(adapted_beside(*lm, from.adapter));
      expected.push_back(from.logits);
    }
    for (size_t i = 0; i < all.size(); ++i) expect_close(logits_of(*all[i], kTokens), expected[i]);
    EXPECT_TRUE(at::equal(logits_of(*lm, kTokens), before));
  }
}

TEST(Adapter, OnDiskItIsTheSame) {
  for (const bool is_gpt : {false, true}) {
    for (const TunedParts& parts : all_parts(is_gpt)) {
      const test::TemporaryFolder folder;
      const auto lm = is_gpt ? gpt() : llama();
      const Tuned from = tuned(*lm, parts);
      save_adapter(from.adapter, from.shape, folder.path(""));
      const Adapter read = load_adapter(folder.path(""));
      EXPECT_EQ(read.method, "test");
      EXPECT_EQ(read.base_name, "tiny");
      EXPECT_EQ(read.base_hash, "abc");
      EXPECT_EQ(read.numbers(), from.adapter.numbers());
      expect_close(logits_of(*adapted(is_gpt ? gpt() : llama(), read), kTokens), from.logits);
      // Written again it is the same file.
      const std::string once = base::read_text(folder.path("adapter_model.safetensors"));
      save_adapter(read, from.shape, folder.path(""));
      EXPECT_TRUE(base::read_text(folder.path("adapter_model.safetensors")) == once);
    }
  }
}

TEST(Adapter, APromptTakesOfTheContextAndLaterTokensContinueIt) {
  const auto lm = llama();
  const Tuned from = tuned(*lm, {.prompt = SoftPromptParts{.lengths = {3}}});
  const int64_t context = lm->context();
  const auto with = adapted(llama(), from.adapter);
  EXPECT_EQ(with->context(), context - 3);
  const std::vector<TokenId> first(kTokens.begin(), kTokens.begin() + 4), rest(kTokens.begin() + 4, kTokens.end());
  const Row row{.tokens = rest, .prefix = test::cache_of(*with, first), .wanted = {0, 1, 2}};
  expect_close(with->logits(with->forward({&row, 1}).hidden), from.logits.narrow(0, 4, 3));
}

TEST(Adapter, WholeWeightsMakeAModel) {
  for (const bool is_gpt : {false, true}) {
    const auto lm = is_gpt ? gpt() : llama();
    const TunedNetwork network(lm->frozen(at::kFloat), {.biases = true, .weights = true});
    tensor::ParameterBuffer parameters(network.plan(), 1, at::kFloat);
    network.initialise_copies(parameters);
    at::manual_seed(2);
    parameters.values().add_(0.05 * at::randn_like(parameters.values()));
    const tensor::ParameterLeaves leaves(parameters);
    const std::vector<int64_t> all = {0, 1, 2, 3, 4, 5, 6};
    const TunedRow row{.tokens = kTokens, .wanted = all};
    const at::Tensor logits = network.logits(leaves, network.hidden(leaves, {&row, 1})).detach();
    expect_close(logits_of(*language_model_of(*tuned_weights(network, parameters, 0), {}), kTokens), logits);
    EXPECT_THAT(test::error_of([&] { adapter_of(network, parameters, 0); }), HasSubstr("saved as a model"));
  }
}

TEST(Adapter, OneOfAnotherModelIsRefusedWithBothNames) {
  const auto lm = llama();
  Tuned from = tuned(*lm, {.prompt = SoftPromptParts{.lengths = {3}}});
  EXPECT_THAT(test::error_of([&] { check_fits(from.adapter, *lm, "other", "def"); }),
              AllOf(HasSubstr("tiny (checkpoint abc)"), HasSubstr("other (checkpoint def")));
  from.adapter.base_hash.clear();
  check_fits(from.adapter, *lm, "other", "def");
  from.adapter.prompt = at::zeros({3, 5});
  EXPECT_THAT(test::error_of([&] { check_fits(from.adapter, *lm, "other", "def"); }), HasSubstr("[3, 5]"));
  Adapter low{.lora = {{.layer = 99, .a = at::zeros({2, 4}), .b = at::zeros({4, 2})}}};
  EXPECT_THAT(test::error_of([&] { check_fits(low, *lm, "other", ""); }), HasSubstr("layers 0 to"));
  low.lora[0].layer = 0;
  EXPECT_THAT(test::error_of([&] { check_fits(low, *lm, "other", ""); }), HasSubstr("for q"));
}

class DamagedAdapter : public testing::Test {
 protected:
  DamagedAdapter() {
    const Tuned from = tuned(*llama(), {.lora = LoraParts{.rank = 2}});
    save_adapter(from.adapter, from.shape, folder_.path(""));
  }
  // The message after one key was set.
  std::string refusal(const std::string& key, const base::Json& value) {
    const std::string path = folder_.path("adapter_config.json");
    const base::Json old = base::read_json(path);
    base::Json changed = old;
    changed[key] = value;
    base::write_text_atomically(path, changed.dump());
    const std::string message = test::error_of([&] { load_adapter(folder_.path("")); });
    base::write_text_atomically(path, old.dump());
    return message;
  }
  test::TemporaryFolder folder_;
};

TEST_F(DamagedAdapter, FieldsThatAreNotSupportedAreNamedNeverIgnored) {
  EXPECT_THAT(refusal("use_dora", true), HasSubstr("use_dora"));
  EXPECT_THAT(refusal("rank_pattern", {{"q_proj", 4}}), HasSubstr("rank_pattern"));
  EXPECT_THAT(refusal("modules_to_save", {"lm_head"}), HasSubstr("modules_to_save"));
  EXPECT_THAT(refusal("a_field_of_tomorrow", 3), HasSubstr("a_field_of_tomorrow"));
  EXPECT_THAT(refusal("bias", "all"), HasSubstr("bias"));
  EXPECT_THAT(refusal("peft_type", "IA3"), AllOf(HasSubstr("IA3"), HasSubstr("LORA")));
  EXPECT_THAT(refusal("r", 3), HasSubstr("lora_A"));
  EXPECT_THAT(refusal("r", 0), HasSubstr("above 0"));
  EXPECT_THAT(refusal("lora_alpha", "much"), HasSubstr("lora_alpha"));
  EXPECT_EQ(refusal("use_dora", false), "");
  EXPECT_EQ(refusal("layer_replication", nullptr), "");
}

TEST_F(DamagedAdapter, WhatIsMissingIsSaid) {
  EXPECT_THAT(test::error_of([&] { load_adapter(folder_.path("nowhere")); }), HasSubstr("adapter_config.json"));
  std::filesystem::rename(folder_.path("adapter_model.safetensors"), folder_.path("adapter_model.bin"));
  EXPECT_THAT(test::error_of([&] { load_adapter(folder_.path("")); }), HasSubstr("safe_serialization"));
}

TEST(AdapterFiles, Gpt2HasNoLowRankBesideAPartOfItsJoinedMatrix) {
  const test::TemporaryFolder folder;
  const Tuned from = tuned(*gpt(), {.lora = LoraParts{.rank = 2}});
  EXPECT_THAT(test::error_of([&] { save_adapter(from.adapter, from.shape, folder.path("")); }), HasSubstr("qkv"));
}

}  // namespace
}  // namespace manabi::model
