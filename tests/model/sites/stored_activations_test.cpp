// Every site against the activations that minGPT stored of a network that sorts three letters (models/gpt_nano_sort, MIT).
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/format/json.h"
#include "model/network/token_network.h"
#include "model/trained/blueprint.h"
#include "tests/support/data.h"

namespace manabi::model {
namespace {

int64_t digit_of(char c) {
  return c >= 'A' && c <= 'Z'   ? c - 'A'
         : c >= 'a' && c <= 'z' ? c - 'a' + 26
         : c >= '0' && c <= '9' ? c - '0' + 52
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

// {"shape": [...], "data": base64 of little-endian float32} -> float64.
at::Tensor tensor_of(const base::Json& entry) {
  std::string bytes;
  uint32_t held = 0;
  int bits = 0;
  for (const char c : entry.at("data").get<std::string>()) {
    const int64_t digit = digit_of(c);
    if (digit < 0) continue;
    held = held << 6 | static_cast<uint32_t>(digit);
    if ((bits += 6) < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(held >> bits & 0xff));
  }
  const auto shape = entry.at("shape").get<std::vector<int64_t>>();
  at::Tensor tensor = at::empty(shape, at::kFloat);
  if (bytes.size() != tensor.nbytes()) throw std::runtime_error("base64 of " + std::to_string(bytes.size()) + " bytes");
  std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

class StoredActivations : public testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = test::shared_path("models/gpt_nano_sort");
    MANABI_NEEDS(folder);
    weights_ = base::read_json(folder + "/gpt-nano-sort-model.json");
    stored_ = base::read_json(folder + "/gpt-nano-sort-t0-partials.json");
    tensor::ParameterPlan plan;
    const TokenNetwork network({.decoder = {.layers = 3, .width = 48, .heads = 3}, .vocabulary = 3, .context = 11}, plan);
    tensor::ParameterBuffer parameters(plan, 1, at::kFloat);
    fill(parameters);
    lm_ = language_model_of(network, parameters, 0, {});
  }
  void fill(tensor::ParameterBuffer& parameters) const {
    std::map<std::string, std::string> names = {{"tok.weight", "transformer.wte.weight"},
                                                {"pos.weight", "transformer.wpe.weight"},
                                                {"ln.weight", "transformer.ln_f.weight"},
                                                {"ln.bias", "transformer.ln_f.bias"},
                                                {"head.weight", "lm_head.weight"}};
    for (int layer = 0; layer < 3; ++layer) {
      const std::string ours = "blocks." + std::to_string(layer) + ".", theirs = "transformer.h." + std::to_string(layer) + ".";
      for (const auto& [from, to] : {std::pair{"ln1", "ln_1"},
                                     {"ln2", "ln_2"},
                                     {"qkv", "attn.c_attn"},
                                     {"out", "attn.c_proj"},
                                     {"up", "mlp.c_fc"},
                                     {"down", "mlp.c_proj"}})
        for (const char* part : {".weight", ".bias"}) names[ours + from + part] = theirs + to + part;
    }
    for (const tensor::ParameterShape& shape : parameters.shapes())
      parameters.view(shape.name).select(0, 0).copy_(tensor_of(weights_.at(names.at(shape.name))));
  }
  // What the pass of one stored row shows at a site.
  at::Tensor seen(const Site& site, int64_t row) const {
    const at::Tensor ids = tensor_of(stored_.at("idx"))[row].to(at::kLong);
    std::vector<TokenId> tokens;
    for (int64_t i = 0; i < ids.numel(); ++i) tokens.push_back(static_cast<TokenId>(ids[i].item<int64_t>()));
    at::Tensor values;
    Taps taps;
    taps.add(site, [&](const Sighting& sighting) { values = sighting.values.clone(); });
    Row asked{.tokens = tokens};
    for (int64_t i = 0; i < ids.numel(); ++i) asked.wanted.push_back(i);
    lm_->forward(std::span(&asked, 1), {.taps = &taps});
    return values;
  }

  base::Json weights_, stored_;
  std::unique_ptr<CausalLM> lm_;
};

TEST_F(StoredActivations, AreWhatTheSitesShow) {
  using enum SiteKind;
  // The stored parts of the first block's inside are named alone; heads are stored before positions.
  struct Pair {
    Site site;
    const char* stored;
    bool has_heads_first = false;
  };
  const std::vector<Pair> pairs = {
      {{embed}, "tok_emb"},        {{resid_pre, 0}, "x"},       {{q, 0}, "q", true},         {{k, 0}, "k", true},
      {{v, 0}, "v", true},         {{pattern, 0}, "attSm"},     {{attn_out, 0}, "yProj"},    {{resid_mid, 0}, "attnResid"},
      {{mlp_pre, 0}, "fc"},        {{mlp_post, 0}, "gelu"},     {{mlp_out, 0}, "mlp"},       {{resid_post, 0}, "mlpResid"},
      {{resid_post, 0}, "block0"}, {{resid_post, 1}, "block1"}, {{resid_post, 2}, "block2"}, {{normalized}, "ln_f"}};
  for (const Pair& pair : pairs) {
    SCOPED_TRACE(name_of(pair.site));
    const at::Tensor all = tensor_of(stored_.at(pair.stored));
    for (int64_t row = 0; row < 3; ++row) {
      const at::Tensor expected = pair.has_heads_first ? all[row].transpose(0, 1) : all[row];
      const at::Tensor shown = seen(pair.site, row);
      ASSERT_EQ(shown.sizes(), expected.sizes());
      EXPECT_LT((shown - expected).abs().max().item<double>(), 1e-4 * (1 + expected.abs().max().item<double>()));
    }
  }
}

TEST_F(StoredActivations, OfMixedValuesLieHeadByHead) {
  const at::Tensor expected = tensor_of(stored_.at("y"));
  for (int64_t row = 0; row < 3; ++row) EXPECT_LT((seen({SiteKind::z, 0}, row).flatten(1) - expected[row]).abs().max().item<double>(), 1e-4);
}

}  // namespace
}  // namespace manabi::model
