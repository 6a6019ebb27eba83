// Networks that are no GPT-2, saved and opened: the same numbers, whatever the variant and however a row is cut; and files that contradict
// themselves.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/network/save_network.h"
#include "model/network/token_network_json.h"
#include "model/trained/blueprint.h"
#include "model/transformer/transformer.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "text/open/byte_tokenizer.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

const std::vector<TokenId> kTokens = {7, 200, 31, 31, 0, 255, 90, 1};

TokenNetworkConfig config_of(Positions positions, Norms norms = Norms::before,
                             tensor::AttentionWeights attention = tensor::AttentionWeights::softmax, int64_t mlp_ratio = 4) {
  return {.decoder = {.layers = 2, .width = 48, .heads = 3, .mlp_ratio = mlp_ratio, .attention = attention, .norms = norms},
          .vocabulary = 256,
          .context = 20,
          .positions = positions};
}

struct Saved {
  test::TemporaryFolder folder;
  tensor::ParameterPlan plan;
  TokenNetwork network;
  tensor::ParameterBuffer parameters;

  explicit Saved(const TokenNetworkConfig& config) : network(config, plan), parameters(plan, 2, at::kFloat) {
    for (int64_t replica = 0; replica < 2; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
    at::manual_seed(1);
    parameters.values().add_(0.1 * at::randn_like(parameters.values()));  // biases and norms too must matter
    std::filesystem::create_directories(folder.path("model"));
    save_network(network, parameters, 1, folder.path("model"));
    base::write_text_atomically(folder.path("model/tokenizer.json"), text::byte_tokenizer_json());
  }

  Checkpoint open(at::ScalarType dtype = at::kFloat) const {
    return open_checkpoint(folder.path("model"), {.compute = {.device = at::kCPU, .dtype = dtype}});
  }
  at::Tensor logits() const {
    const tensor::ParameterLeaves leaves(parameters, 1, at::zeros({1, parameters.width()}));
    const at::Tensor ids = at::tensor(std::vector<int64_t>(kTokens.begin(), kTokens.end())).view({1, 1, -1});
    return network.logits(leaves, ids)[0].detach();
  }
  void change(const std::string& key, const base::Json& value) const {
    const std::string path = folder.path("model/config.json");
    base::Json json = base::Json::parse(base::read_text(path));
    json[key] = value;
    base::write_text_atomically(path, json.dump());
  }
};

TokenNetworkConfig looped() {
  TokenNetworkConfig config = config_of(Positions::rotary);
  config.decoder.shares_blocks = true;
  return config;
}

std::vector<TokenNetworkConfig> variants() {
  return {config_of(Positions::rotary),
          config_of(Positions::none, Norms::after),
          config_of(Positions::sinusoidal, Norms::none),
          config_of(Positions::one_hot, Norms::before, tensor::AttentionWeights::linear_mean),
          config_of(Positions::learned, Norms::before, tensor::AttentionWeights::softmax, 0),
          looped()};
}

TEST(TrainedLm, GivesTheLogitsOfTheNetworkThatWasTrained) {
  for (const TokenNetworkConfig& config : variants()) {
    SCOPED_TRACE(json_of(config).dump());
    const Saved saved(config);
    const Checkpoint checkpoint = saved.open();
    Row row{.tokens = kTokens};
    for (size_t i = 0; i < kTokens.size(); ++i) row.wanted.push_back(static_cast<int64_t>(i));
    const at::Tensor logits = checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden);
    EXPECT_TRUE(at::allclose(logits, saved.logits(), 1e-5, 1e-5));
    EXPECT_EQ(checkpoint.lm->parameters(), saved.parameters.parameter_count());
  }
}

TEST(TrainedLm, OneReplicaInMemoryIsTheModelThatItsFolderHolds) {
  const Saved saved(config_of(Positions::rotary));
  const auto lm = language_model_of(saved.network, saved.parameters, 1, {});
  const Row row{.tokens = kTokens, .wanted = {3, 7}};
  EXPECT_TRUE(at::equal(lm->forward(std::span(&row, 1)).hidden, saved.open().lm->forward(std::span(&row, 1)).hidden));
  const auto other = language_model_of(saved.network, saved.parameters, 0, {});
  EXPECT_FALSE(at::allclose(lm->forward(std::span(&row, 1)).hidden, other->forward(std::span(&row, 1)).hidden));
}

TEST(TrainedLm, APrefixInTheCacheChangesNothing) {
  const Saved saved(config_of(Positions::rotary));
  const Checkpoint checkpoint = saved.open();
  const std::span<const TokenId> tokens = kTokens;
  const Row whole{.tokens = tokens, .wanted = {6, 7}};
  const Row first{.tokens = tokens.first(3), .keeps_cache = true};
  const auto prefix = checkpoint.lm->forward(std::span(&first, 1)).caches.front();
  const Row second{.tokens = tokens.subspan(3, 2), .prefix = prefix, .keeps_cache = true};
  const auto longer = checkpoint.lm->forward(std::span(&second, 1)).caches.front();
  const std::vector<Row> rows = {{.tokens = tokens.subspan(5), .prefix = longer, .wanted = {1, 2}}, {.tokens = tokens.first(2), .wanted = {0}}};
  EXPECT_TRUE(
      at::allclose(checkpoint.lm->forward(std::span(&whole, 1)).hidden, checkpoint.lm->forward(rows).hidden.narrow(0, 0, 2), 1e-5, 1e-5));
}

TEST(TrainedLm, ABlockThatIsLookedAtComputesWhatTheOthersDo) {
  for (const TokenNetworkConfig& config : variants()) {
    SCOPED_TRACE(json_of(config).dump());
    const Saved saved(config);
    const Checkpoint checkpoint = saved.open();
    const Row row{.tokens = kTokens, .wanted = {2, 7}};
    const at::Tensor plain = checkpoint.lm->forward(std::span(&row, 1)).hidden;
    for (const SiteKind kind : checkpoint.lm->site_kinds()) {
      for (const int64_t layer : {0, 1}) {
        const Site site{.kind = kind, .layer = has_layer(kind) ? layer : -1};
        SCOPED_TRACE(name_of(site));
        int calls = 0;
        Taps taps;
        taps.add(site, [&](const Sighting& sighting) {
          ++calls;
          sighting.values.mul_(1);
        });
        EXPECT_TRUE(at::allclose(checkpoint.lm->forward(std::span(&row, 1), {.taps = &taps}).hidden, plain, 1e-5, 1e-5));
        EXPECT_EQ(calls, 1);
      }
    }
  }
}

TEST(TrainedLm, HasTheSitesOfItsKind) {
  const auto has = [](const TokenNetworkConfig& config, SiteKind kind) {
    const std::vector<SiteKind> kinds = Saved(config).open().lm->site_kinds();
    return std::ranges::find(kinds, kind) != kinds.end();
  };
  EXPECT_TRUE(has(config_of(Positions::rotary), SiteKind::rot_q));
  EXPECT_FALSE(has(config_of(Positions::none), SiteKind::rot_q));
  EXPECT_TRUE(has(config_of(Positions::none), SiteKind::mlp_post));
  EXPECT_FALSE(has(config_of(Positions::none, Norms::before, tensor::AttentionWeights::softmax, 0), SiteKind::mlp_post));
  EXPECT_FALSE(has(config_of(Positions::none), SiteKind::mlp_pre_linear));
}

TEST(TrainedLm, RowsThatCannotBeAreRefused) {
  const Saved saved(config_of(Positions::rotary));
  const Checkpoint checkpoint = saved.open();
  const std::vector<TokenId> outside = {256}, longer(21, 3);
  for (const auto& [tokens, message] : {std::pair{outside, "token 256"}, {longer, "a sequence of 21 tokens"}}) {
    const Row row{.tokens = tokens, .wanted = {0}};
    EXPECT_THAT(test::error_of([&] { checkpoint.lm->forward(std::span(&row, 1)); }), HasSubstr(message));
  }
}

TEST(TrainedLm, AConfigurationThatContradictsItselfOrTheFileIsNamed) {
  const Saved saved(config_of(Positions::rotary));
  const auto refusal = [&](const std::string& key, const base::Json& value) {
    const std::string path = saved.folder.path("model/config.json"), before = base::read_text(path);
    saved.change(key, value);
    const std::string message = test::error_of([&] { saved.open(); });
    base::write_text_atomically(path, before);
    return message;
  };
  EXPECT_THAT(refusal("heads", 5), HasSubstr("5 heads over a width of 48"));
  EXPECT_THAT(refusal("positions", "learned"), HasSubstr("pos.weight"));
  EXPECT_THAT(refusal("positions", "spiral"), HasSubstr("one of none, learned, sinusoidal, rotary, one_hot"));
  EXPECT_THAT(refusal("norms", 3), HasSubstr("norms"));
  EXPECT_THAT(refusal("layers", 1), HasSubstr("blocks.1"));
  EXPECT_THAT(refusal("vocabulary", 0), HasSubstr("key 'vocabulary'"));
  EXPECT_THAT(refusal("outputs", 7), HasSubstr("outputs"));
  EXPECT_EQ(test::error_of([&] { saved.open(); }), "");
}

TEST(TrainedLm, Bfloat16StaysNearFloat32) {
  const Saved saved(config_of(Positions::rotary));
  const Row row{.tokens = kTokens, .wanted = {7}};
  const auto logits_in = [&](at::ScalarType dtype) {
    const Checkpoint checkpoint = saved.open(dtype);
    return checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden);
  };
  const at::Tensor exact = logits_in(at::kFloat), rounded = logits_in(at::kBFloat16);
  EXPECT_FALSE(at::equal(exact, rounded));
  // Eight bits of mantissa over two narrow layers: a few percent of the logits' spread.
  EXPECT_LE((rounded - exact).square().mean().sqrt().item<double>(), 0.08 * exact.std().item<double>());
}

TEST(SaveNetwork, OnlyAGpt2IsSavedAsOne) {
  EXPECT_TRUE(is_gpt2(config_of(Positions::learned)));
  for (const TokenNetworkConfig& config : variants()) EXPECT_FALSE(is_gpt2(config)) << json_of(config);
}

}  // namespace
}  // namespace manabi::model
