#include "model/adapters/save_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/format/gguf.h"
#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "text/open/open.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

void add(Tensors& tensors, const std::string& name, const at::Tensor& values) {
  if (values.defined()) tensors.emplace_back(name, values.detach().to(at::kCPU, at::kFloat).contiguous());
}

void add_rows(Tensors& tensors, const std::string& name, const FrozenDense& dense, int64_t begin, int64_t count) {
  add(tensors, name + ".weight", dense.weight.narrow(0, begin, count));
  if (dense.bias.defined()) add(tensors, name + ".bias", dense.bias.narrow(0, begin, count));
}

Tensors llama_tensors(const FrozenNetwork& network) {
  Tensors tensors;
  add(tensors, "model.embed_tokens.weight", network.embedding);
  for (size_t index = 0; index < network.layers.size(); ++index) {
    const FrozenLayer& layer = network.layers[index];
    const std::string name = fmt::format("model.layers.{}.", index);
    const int64_t queries = network.query_width(), keys = network.kv_width(), inner = layer.down.weight.size(1), width = network.shape.width;
    add(tensors, name + "input_layernorm.weight", layer.attention_norm.gain);
    add_rows(tensors, name + "self_attn.q_proj", layer.heads, 0, queries);
    add_rows(tensors, name + "self_attn.k_proj", layer.heads, queries, keys);
    add_rows(tensors, name + "self_attn.v_proj", layer.heads, queries + keys, keys);
    add_rows(tensors, name + "self_attn.o_proj", layer.attention_out, 0, width);
    add(tensors, name + "post_attention_layernorm.weight", layer.mlp_norm.gain);
    add_rows(tensors, name + "mlp.gate_proj", layer.up, 0, inner);
    add_rows(tensors, name + "mlp.up_proj", layer.up, inner, inner);
    add_rows(tensors, name + "mlp.down_proj", layer.down, 0, width);
  }
  add(tensors, "model.norm.weight", network.final_norm.gain);
  if (!network.is_tied) add(tensors, "lm_head.weight", network.unembedding);
  return tensors;
}

// Matrices inside blocks lie as [inputs, outputs].
Tensors gpt2_tensors(const FrozenNetwork& network) {
  Tensors tensors;
  const auto dense = [&](const std::string& name, const FrozenDense& each) {
    add(tensors, name + ".weight", each.weight.t());
    add(tensors, name + ".bias", each.bias);
  };
  const auto norm = [&](const std::string& name, const Norm& each) {
    add(tensors, name + ".weight", each.gain);
    add(tensors, name + ".bias", each.shift);
  };
  add(tensors, "transformer.wte.weight", network.embedding);
  add(tensors, "transformer.wpe.weight", network.positions);
  for (size_t index = 0; index < network.layers.size(); ++index) {
    const FrozenLayer& layer = network.layers[index];
    const std::string name = fmt::format("transformer.h.{}.", index);
    norm(name + "ln_1", layer.attention_norm);
    dense(name + "attn.c_attn", layer.heads);
    dense(name + "attn.c_proj", layer.attention_out);
    norm(name + "ln_2", layer.mlp_norm);
    dense(name + "mlp.c_fc", layer.up);
    dense(name + "mlp.c_proj", layer.down);
  }
  norm("transformer.ln_f", network.final_norm);
  if (!network.is_tied) add(tensors, "lm_head.weight", network.unembedding);
  return tensors;
}

base::Json rope_scaling(const RotationSettings& settings) {
  using Scaling = RotationSettings::Scaling;
  if (settings.scaling == Scaling::linear) return {{"rope_type", "linear"}, {"factor", settings.linear_factor}};
  if (settings.scaling == Scaling::llama3)
    return {{"rope_type", "llama3"},
            {"factor", settings.llama3.factor},
            {"low_freq_factor", settings.llama3.low_frequency_factor},
            {"high_freq_factor", settings.llama3.high_frequency_factor},
            {"original_max_position_embeddings", settings.llama3.original_context}};
  return nullptr;
}

// Of a Llama whose own config.json is not there.
base::Json llama_config(const FrozenNetwork& network, const text::Tokenizer& tokenizer) {
  const TransformerShape& shape = network.shape;
  base::Json config = {{"model_type", "llama"},
                       {"architectures", {"LlamaForCausalLM"}},
                       {"hidden_size", shape.width},
                       {"intermediate_size", network.layers.front().down.weight.size(1)},
                       {"num_hidden_layers", network.layers.size()},
                       {"num_attention_heads", shape.heads},
                       {"num_key_value_heads", shape.kv_heads},
                       {"head_dim", shape.head_width},
                       {"vocab_size", shape.vocabulary},
                       {"max_position_embeddings", shape.context},
                       {"rms_norm_eps", network.final_norm.epsilon},
                       {"rope_theta", network.rotation->settings().theta},
                       {"rope_scaling", rope_scaling(network.rotation->settings())},
                       {"hidden_act", "silu"},
                       {"attention_bias", network.layers.front().heads.bias.defined()},
                       {"mlp_bias", network.layers.front().up.bias.defined()},
                       {"tie_word_embeddings", network.is_tied},
                       {"torch_dtype", "float32"}};
  config["bos_token_id"] = tokenizer.bos() ? base::Json(*tokenizer.bos()) : base::Json(nullptr);
  config["eos_token_id"] = tokenizer.eos() ? base::Json(*tokenizer.eos()) : base::Json(nullptr);
  return config;
}

void copy_beside(const fs::path& from, const fs::path& to) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "tokenizer.model",
                           "encoder.json", "vocab.bpe", "generation_config.json"})
    if (fs::exists(from / name)) fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing);
}

bool is_llama(const FrozenNetwork& network) {
  return network.shape.mlp == Mlp::gated && network.rotation && network.shape.norms == Norms::before;
}

bool is_gpt2(const FrozenNetwork& network) {
  return network.shape.mlp == Mlp::gelu && network.positions.defined() && network.shape.norms == Norms::before;
}

}  // namespace

void check_can_be_saved(const FrozenNetwork& network, const Checkpoint& source) {
  const bool is_folder = fs::is_directory(source.path);
  if (!is_llama(network) && !(is_gpt2(network) && is_folder))
    throw base::Error(
        {.where = source.name, .given = "a network of another kind", .expected = "a Llama, or a folder of a GPT-2: only these are saved whole"});
  if (!is_folder && network.rotation->has_divisors())
    throw base::Error({.where = source.name,
                       .given = "rotary positions with divisors of their own (rope_freqs.weight)",
                       .expected = "settings that a config.json can hold"});
  if (source.format == "llama2.c")
    throw base::Error({.where = source.name,
                       .given = "a llama2.c file, whose tokenizer has no form that other programs read",
                       .expected = "a GGUF file or a Hugging Face folder: only these are saved whole",
                       .hint = "lora, or another method that leaves the weights, is saved beside it"});
}

void save_model(const FrozenNetwork& network, const Checkpoint& source, const fs::path& folder) {
  check_can_be_saved(network, source);
  base::Json config;
  if (fs::is_directory(source.path)) {
    config = base::read_json((fs::path(source.path) / "config.json").string());
    config["torch_dtype"] = "float32";
    config.erase("dtype");
    config.erase("quantization_config");
    copy_beside(source.path, folder);
  } else {
    config = llama_config(network, *source.tokenizer);
    const text::TokenizerFiles files = text::tokenizer_files_of(base::GgufFile(source.path));
    base::write_text_atomically((folder / "tokenizer.json").string(), files.tokenizer_json);
    base::write_text_atomically((folder / "tokenizer_config.json").string(), files.tokenizer_config_json);
  }
  const Tensors tensors = is_llama(network) ? llama_tensors(network) : gpt2_tensors(network);
  std::vector<base::SafetensorsInput> inputs;
  for (const auto& [name, values] : tensors)
    inputs.push_back({.name = name,
                      .dtype = "F32",
                      .shape = values.sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())}});
  base::write_safetensors((folder / "model.safetensors").string(), inputs, {{"format", "pt"}});
  base::write_text_atomically((folder / "config.json").string(), config.dump(2) + "\n");
}

}  // namespace manabi::model
