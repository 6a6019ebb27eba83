// A network that was trained here, saved and opened as a GPT-2, gives the same numbers; and what cannot be one is refused.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/network/save_network.h"
#include "model/transformer/transformer.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "text/open/byte_tokenizer.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

class SavedGpt2 : public testing::Test {
 protected:
  SavedGpt2() {
    parameters_ = std::make_unique<tensor::ParameterBuffer>(plan_, 2, at::kFloat);
    for (int64_t replica = 0; replica < 2; ++replica) parameters_->initialise(replica, static_cast<uint64_t>(replica));
    at::manual_seed(1);
    parameters_->values().add_(0.1 * at::randn_like(parameters_->values()));  // biases and norms too must matter
    std::filesystem::create_directories(folder_.path("model"));
    save_network(network_, *parameters_, 1, folder_.path("model"));
    base::write_text_atomically(folder_.path("model/tokenizer.json"), text::byte_tokenizer_json());
  }

  Checkpoint open() const { return open_checkpoint(folder_.path("model"), {.compute = {.device = at::kCPU, .dtype = at::kFloat}}); }

  // config.json with one key changed.
  void change(const std::string& key, const base::Json& value) const {
    const std::string path = folder_.path("model/config.json");
    base::Json config = base::Json::parse(base::read_text(path));
    config[key] = value;
    base::write_text_atomically(path, config.dump());
  }
  std::string opening_error() const {
    return test::error_of([&] { open(); });
  }

  test::TemporaryFolder folder_;
  tensor::ParameterPlan plan_;
  TokenNetwork network_{{.decoder = {.layers = 2, .width = 24, .heads = 3}, .vocabulary = 256, .context = 20}, plan_};
  std::unique_ptr<tensor::ParameterBuffer> parameters_;
};

const std::vector<TokenId> kTokens = {7, 200, 31, 31, 0, 255, 90, 1};

TEST_F(SavedGpt2, GivesTheLogitsOfTheNetworkThatWasTrained) {
  const Checkpoint checkpoint = open();
  Row row{.tokens = kTokens};
  for (size_t i = 0; i < kTokens.size(); ++i) row.wanted.push_back(static_cast<int64_t>(i));
  const at::Tensor logits = checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden);
  const tensor::ParameterLeaves leaves(*parameters_, 1, at::zeros({1, parameters_->width()}));
  const at::Tensor ids = at::tensor(std::vector<int64_t>(kTokens.begin(), kTokens.end())).view({1, 1, -1});
  EXPECT_TRUE(at::allclose(logits, network_.logits(leaves, ids)[0].detach(), 1e-4, 1e-4));
  EXPECT_EQ(checkpoint.lm->parameters(), parameters_->parameter_count());
}

TEST_F(SavedGpt2, APrefixInTheCacheChangesNothing) {
  const Checkpoint checkpoint = open();
  const std::span<const TokenId> tokens = kTokens;
  const auto last = static_cast<int64_t>(kTokens.size()) - 1;
  const Row whole{.tokens = tokens, .wanted = {last}};
  const Row first{.tokens = tokens.first(5), .keeps_cache = true};
  const auto prefix = checkpoint.lm->forward(std::span(&first, 1)).caches.front();
  const Row second{.tokens = tokens.subspan(5), .prefix = prefix, .wanted = {last - 5}};
  EXPECT_TRUE(
      at::allclose(checkpoint.lm->forward(std::span(&whole, 1)).hidden, checkpoint.lm->forward(std::span(&second, 1)).hidden, 1e-5, 1e-5));
}

TEST_F(SavedGpt2, VariantsThatAreNotComputedAreRefused) {
  change("activation_function", "relu");
  EXPECT_THAT(opening_error(), HasSubstr("activation_function"));
  change("activation_function", "gelu_new");
  change("scale_attn_by_inverse_layer_idx", true);
  EXPECT_THAT(opening_error(), HasSubstr("scale_attn_by_inverse_layer_idx"));
}

TEST_F(SavedGpt2, SizesThatContradictTheFileAreNamed) {
  change("n_head", 5);
  EXPECT_THAT(opening_error(), HasSubstr("5 heads over a width of 24"));
  change("n_head", 3);
  change("n_positions", 21);
  EXPECT_THAT(opening_error(), HasSubstr("transformer.wpe.weight"));
}

}  // namespace
}  // namespace manabi::model
