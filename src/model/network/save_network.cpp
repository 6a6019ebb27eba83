#include "model/network/save_network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "model/network/token_network_json.h"

namespace manabi::model {
namespace {

// Ours, the file's, and whether the file keeps the matrix as [inputs, outputs].
struct Name {
  std::string ours, theirs;
  bool is_transposed = false;
};

std::vector<Name> gpt2_names(int64_t layers) {
  std::vector<Name> names = {{"tok.weight", "transformer.wte.weight"},
                             {"pos.weight", "transformer.wpe.weight"},
                             {"ln.weight", "transformer.ln_f.weight"},
                             {"ln.bias", "transformer.ln_f.bias"},
                             {"head.weight", "lm_head.weight"}};
  for (int64_t layer = 0; layer < layers; ++layer) {
    const std::string ours = fmt::format("blocks.{}.", layer), theirs = fmt::format("transformer.h.{}.", layer);
    for (const auto& [from, to] : {std::pair{"ln1", "ln_1"}, {"ln2", "ln_2"}})
      for (const char* part : {".weight", ".bias"}) names.push_back({ours + from + part, theirs + to + part});
    for (const auto& [from, to] : {std::pair{"qkv", "attn.c_attn"}, {"out", "attn.c_proj"}, {"up", "mlp.c_fc"}, {"down", "mlp.c_proj"}}) {
      names.push_back({ours + from + ".weight", theirs + to + ".weight", true});
      names.push_back({ours + from + ".bias", theirs + to + ".bias"});
    }
  }
  return names;
}

std::vector<Name> own_names(const tensor::ParameterBuffer& parameters) {
  std::vector<Name> names;
  for (const tensor::ParameterShape& shape : parameters.shapes()) names.push_back({shape.name, shape.name});
  return names;
}

base::Json gpt2_json(const TokenNetworkConfig& config) {
  return {{"model_type", "gpt2"},
          {"architectures", {"GPT2LMHeadModel"}},
          {"vocab_size", config.vocabulary},
          {"n_positions", config.context},
          {"n_ctx", config.context},
          {"n_embd", config.decoder.width},
          {"n_layer", config.decoder.layers},
          {"n_head", config.decoder.heads},
          {"n_inner", config.decoder.mlp_ratio * config.decoder.width},
          {"activation_function", "gelu_new"},
          {"layer_norm_epsilon", config.decoder.norm_epsilon},
          {"attn_pdrop", 0.0},
          {"embd_pdrop", 0.0},
          {"resid_pdrop", 0.0},
          {"scale_attn_weights", true},
          {"tie_word_embeddings", false},
          {"bos_token_id", nullptr},
          {"eos_token_id", nullptr},
          {"torch_dtype", "float32"}};
}

}  // namespace

bool is_gpt2(const TokenNetworkConfig& config) {
  const DecoderConfig& decoder = config.decoder;
  return decoder.activation == tensor::Activation::gelu && decoder.mlp_ratio > 0 && decoder.norms == Norms::before &&
         decoder.attention == tensor::AttentionWeights::softmax && !decoder.shares_blocks && config.positions.scheme == Positions::learned &&
         (config.outputs == 0 || config.outputs == config.vocabulary);
}

void save_network(const TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica, const std::filesystem::path& folder) {
  const bool as_gpt2 = is_gpt2(network.config());
  std::vector<at::Tensor> tensors;  // alive until they are written
  std::vector<base::SafetensorsInput> inputs;
  for (const Name& name : as_gpt2 ? gpt2_names(network.config().decoder.layers) : own_names(parameters)) {
    const at::Tensor value = parameters.view(name.ours).select(0, replica).to(at::kCPU, at::kFloat);
    tensors.push_back(name.is_transposed ? value.t().contiguous() : value.contiguous());
    inputs.push_back({.name = name.theirs,
                      .dtype = "F32",
                      .shape = tensors.back().sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(tensors.back().const_data_ptr()), static_cast<size_t>(tensors.back().nbytes())}});
  }
  const base::Json config = as_gpt2 ? gpt2_json(network.config()) : json_of(network.config());
  base::write_safetensors((folder / "model.safetensors").string(), inputs, {{"format", "pt"}});
  base::write_text_atomically((folder / "config.json").string(), config.dump(2) + "\n");
}

}  // namespace manabi::model
