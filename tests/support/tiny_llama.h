// A Llama of a few thousand random weights with a tokenizer of bytes and a few merges, written as a GGUF file, a Hugging Face folder or a
// llama2.c .bin, so that any room can test on a real file without a download.
#pragma once

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "base/random.h"
#include "model/llama/blueprint.h"
#include "model/llama/configuration.h"
#include "tests/support/gguf_writer.h"

namespace manabi::test {

struct TinyTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

struct TinyLlama {
  model::LlamaConfiguration configuration;
  std::map<std::string, TinyTensor> tensors;  // under Hugging Face's names, rotated heads half-split

  const TinyTensor& tensor(const std::string& name) const { return tensors.at(name); }
};

// 1 special token, 256 bytes and 7 merges.
inline constexpr int64_t kTinyVocabulary = 264;

// Two key-value heads under four query heads, three layers, 16 wide, a context of 512.
inline model::LlamaConfiguration tiny_configuration() {
  model::LlamaConfiguration configuration;
  configuration.width = 16;
  configuration.layers = 3;
  configuration.heads = 4;
  configuration.kv_heads = 2;
  configuration.head_width = 4;
  configuration.mlp_width = 24;
  configuration.vocabulary = kTinyVocabulary;
  configuration.context = 512;
  configuration.is_tied = true;
  return configuration;
}

// Weights are normal, large enough that the answers depend on every layer; norms lie around 1.
inline TinyLlama make_tiny_llama(const model::LlamaConfiguration& configuration = tiny_configuration(), uint64_t seed = 1) {
  TinyLlama tiny{.configuration = configuration, .tensors = {}};
  for (const model::RequiredTensor& required : model::llama_blueprint(configuration)->required_tensors()) {
    if (required.is_optional || required.is_ignored) continue;
    base::Rng rng = base::Rng(seed).child(required.hugging_face);
    TinyTensor tensor{.shape = required.shape, .values = {}};
    int64_t count = 1;
    for (const int64_t extent : required.shape) count *= extent;
    const bool is_norm = required.shape.size() == 1;
    const double spread = is_norm ? 0.1 : 1.5 / std::sqrt(static_cast<double>(required.shape[1]));
    for (int64_t i = 0; i < count; ++i) tensor.values.push_back(static_cast<float>((is_norm ? 1 : 0) + spread * rng.normal()));
    tiny.tensors[required.hugging_face] = std::move(tensor);
  }
  return tiny;
}

// Rows of rotated heads from half-split to interleaved order, as GGUF and llama2.c have them.
inline TinyTensor interleave(const TinyTensor& tensor, int64_t head_width) {
  TinyTensor interleaved = tensor;
  const int64_t columns = tensor.shape[1];
  for (int64_t row = 0; row < tensor.shape[0]; ++row) {
    const int64_t head = row / head_width, within = row % head_width, half = head_width / 2;
    const int64_t target = head * head_width + within % half * 2 + within / half;
    std::copy_n(tensor.values.begin() + row * columns, columns, interleaved.values.begin() + target * columns);
  }
  return interleaved;
}

// Byte-level BPE's printable stand-in for a byte (GPT-2's table), as UTF-8.
inline std::string printable_byte(int byte) {
  const auto is_plain = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255); };
  int code = byte;
  if (!is_plain(byte)) {
    code = 256;
    for (int earlier = 0; earlier < byte; ++earlier) code += !is_plain(earlier);
  }
  if (code < 128) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
}

struct TinyTokenizer {
  std::vector<std::string> tokens = {"<|endoftext|>"};
  std::vector<std::string> merges = {"t h", "th e", "\u0120 the", "i n", "a n", "an d", "e r"};

  TinyTokenizer() {
    for (int byte = 0; byte < 256; ++byte) tokens.push_back(printable_byte(byte));
    for (const std::string& merge : merges) {
      const size_t space = merge.find(' ');
      tokens.push_back(merge.substr(0, space) + merge.substr(space + 1));
    }
  }
};

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void add_tiny_tokenizer(GgufWriter& writer) {
  const TinyTokenizer tokenizer;
  std::vector<int32_t> kinds(tokenizer.tokens.size(), 1);
  kinds[0] = 3;  // a control token
  writer.key("tokenizer.ggml.model", "gpt2");
  writer.key("tokenizer.ggml.pre", "gpt-2");
  writer.array("tokenizer.ggml.tokens", tokenizer.tokens);
  writer.array("tokenizer.ggml.token_type", kinds);
  writer.array("tokenizer.ggml.merges", tokenizer.merges);
  writer.key("tokenizer.ggml.bos_token_id", uint32_t{0});
  writer.key("tokenizer.ggml.eos_token_id", uint32_t{0});
  writer.key("tokenizer.ggml.add_bos_token", false);
}

inline void add_tiny_configuration(GgufWriter& writer, const model::LlamaConfiguration& configuration) {
  const auto size = [](int64_t value) { return static_cast<uint32_t>(value); };
  writer.key("general.architecture", "llama");
  writer.key("llama.embedding_length", size(configuration.width));
  writer.key("llama.block_count", size(configuration.layers));
  writer.key("llama.attention.head_count", size(configuration.heads));
  writer.key("llama.attention.head_count_kv", size(configuration.kv_heads));
  writer.key("llama.attention.key_length", size(configuration.head_width));
  writer.key("llama.attention.value_length", size(configuration.head_width));
  writer.key("llama.rope.dimension_count", size(configuration.head_width));
  writer.key("llama.feed_forward_length", size(configuration.mlp_width));
  writer.key("llama.vocab_size", size(configuration.vocabulary));
  writer.key("llama.context_length", size(configuration.context));
  writer.key("llama.attention.layer_norm_rms_epsilon", static_cast<float>(configuration.norm_epsilon));
  writer.key("llama.rope.freq_base", static_cast<float>(configuration.rotation.theta));
  if (configuration.rotation.scaling == model::RotationSettings::Scaling::linear) {
    writer.key("llama.rope.scaling.type", "linear");
    writer.key("llama.rope.scaling.factor", static_cast<float>(configuration.rotation.linear_factor));
  }
}

inline void add_tiny_tensors(GgufWriter& writer, const TinyLlama& tiny) {
  for (const model::RequiredTensor& required : model::llama_blueprint(tiny.configuration)->required_tensors()) {
    const auto found = tiny.tensors.find(required.hugging_face);
    if (found == tiny.tensors.end()) continue;
    const TinyTensor& tensor = found->second;
    const std::vector<uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
    writer.tensor(required.gguf, shape, required.rotated_head > 0 ? interleave(tensor, required.rotated_head).values : tensor.values);
  }
}

inline void write_gguf(const TinyLlama& tiny, const std::string& path) {
  GgufWriter writer;
  add_tiny_configuration(writer, tiny.configuration);
  add_tiny_tokenizer(writer);
  add_tiny_tensors(writer, tiny);
  write_bytes(path, writer.bytes());
}

inline base::Json tiny_config_json(const model::LlamaConfiguration& configuration) {
  base::Json config = {{"architectures", {"LlamaForCausalLM"}},
                       {"model_type", "llama"},
                       {"hidden_size", configuration.width},
                       {"num_hidden_layers", configuration.layers},
                       {"num_attention_heads", configuration.heads},
                       {"num_key_value_heads", configuration.kv_heads},
                       {"head_dim", configuration.head_width},
                       {"intermediate_size", configuration.mlp_width},
                       {"vocab_size", configuration.vocabulary},
                       {"max_position_embeddings", configuration.context},
                       {"rms_norm_eps", configuration.norm_epsilon},
                       {"rope_theta", configuration.rotation.theta},
                       {"tie_word_embeddings", configuration.is_tied},
                       {"hidden_act", "silu"},
                       {"bos_token_id", 0},
                       {"eos_token_id", 0}};
  if (configuration.rotation.scaling == model::RotationSettings::Scaling::linear) {
    config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", configuration.rotation.linear_factor}};
  }
  if (configuration.rotation.scaling == model::RotationSettings::Scaling::llama3) {
    const model::Llama3Scaling& scaling = configuration.rotation.llama3;
    config["rope_scaling"] = {{"rope_type", "llama3"},
                              {"factor", scaling.factor},
                              {"low_freq_factor", scaling.low_frequency_factor},
                              {"high_freq_factor", scaling.high_frequency_factor},
                              {"original_max_position_embeddings", scaling.original_context}};
  }
  return config;
}

inline base::Json tiny_tokenizer_json() {
  const TinyTokenizer tokenizer;
  base::Json vocabulary = base::Json::object();
  for (size_t id = 0; id < tokenizer.tokens.size(); ++id) vocabulary[tokenizer.tokens[id]] = id;
  base::Json special = {{"id", 0},         {"content", "<|endoftext|>"}, {"single_word", false}, {"lstrip", false},
                        {"rstrip", false}, {"normalized", false},        {"special", true}};
  base::Json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", base::Json::array({special})},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", nullptr},
          {"decoder", byte_level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocabulary},
            {"merges", tokenizer.merges}}}};
}

inline void write_tiny_safetensors(const std::map<std::string, TinyTensor>& tensors, const std::string& path) {
  std::vector<base::SafetensorsInput> inputs;
  for (const auto& [name, tensor] : tensors) inputs.push_back({name, "F32", tensor.shape, std::as_bytes(std::span(tensor.values))});
  base::write_safetensors(path, inputs);
}

// config.json, tokenizer.json, tokenizer_config.json and model.safetensors.
inline void write_hugging_face(const TinyLlama& tiny, const std::string& folder) {
  std::filesystem::create_directories(folder);
  write_bytes(folder + "/config.json", tiny_config_json(tiny.configuration).dump(2));
  write_bytes(folder + "/tokenizer.json", tiny_tokenizer_json().dump());
  write_bytes(folder + "/tokenizer_config.json", R"({"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "add_bos_token": false})");
  write_tiny_safetensors(tiny.tensors, folder + "/model.safetensors");
}

// llama2.c's tokenizer: the longest token's length, then score, length and bytes of each token. Single characters, bytes and "th".
inline void write_llama2c_tokenizer(const std::string& path, int64_t vocabulary = kTinyVocabulary) {
  std::vector<std::string> tokens = {"<unk>", "\n<s>\n", "\n</s>\n"};
  for (int byte = 0; byte < 256; ++byte) {
    const char* digits = "0123456789ABCDEF";
    tokens.push_back(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">");
  }
  for (const char* piece : {" ", "t", "h", "e", "th"}) tokens.push_back(piece);
  tokens.resize(static_cast<size_t>(vocabulary), "?");
  std::string bytes = GgufWriter::plain_bytes(int32_t{6});
  for (size_t id = 0; id < tokens.size(); ++id) {
    bytes += GgufWriter::plain_bytes(-static_cast<float>(id)) + GgufWriter::plain_bytes(static_cast<int32_t>(tokens[id].size())) + tokens[id];
  }
  write_bytes(path, bytes);
}

enum class Llama2cLayout { legacy, versioned };

// `path` and tokenizer.bin beside it. The format has no room for a rope base, a head width or an epsilon of its own.
inline void write_llama2c(const TinyLlama& tiny, const std::string& path, Llama2cLayout layout = Llama2cLayout::legacy) {
  const model::LlamaConfiguration& configuration = tiny.configuration;
  const auto integer = [](int64_t value) { return GgufWriter::plain_bytes(static_cast<int32_t>(value)); };
  const bool is_legacy = layout == Llama2cLayout::legacy;
  const int64_t sign = is_legacy && !configuration.is_tied ? -1 : 1;
  std::string bytes = is_legacy ? "" : GgufWriter::plain_bytes(uint32_t{0x616b3432}) + integer(1);
  for (const int64_t size : {configuration.width, configuration.mlp_width, configuration.layers, configuration.heads, configuration.kv_heads,
                             sign * configuration.vocabulary, configuration.context}) {
    bytes += integer(size);
  }
  if (!is_legacy) {
    bytes += static_cast<char>(configuration.is_tied);
    bytes.resize(256, '\0');
  }

  const auto append = [&](const std::string& name) {
    TinyTensor tensor = tiny.tensor(name);
    if (name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight")) tensor = interleave(tensor, configuration.head_width);
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
  };
  const auto append_layers = [&](const std::string& name) {
    for (int64_t layer = 0; layer < configuration.layers; ++layer) append("model.layers." + std::to_string(layer) + "." + name + ".weight");
  };
  const std::vector<std::string> attention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"};
  const std::vector<std::string> mlp = {"mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"};
  if (is_legacy) {
    append("model.embed_tokens.weight");
    append_layers("input_layernorm");
    for (const std::string& name : attention) append_layers(name);
    append_layers("post_attention_layernorm");
    for (const std::string& name : mlp) append_layers(name);
    append("model.norm.weight");
    bytes.append(static_cast<size_t>(configuration.context * configuration.head_width) * sizeof(float), '\0');
  } else {
    append_layers("input_layernorm");
    append_layers("post_attention_layernorm");
    append("model.norm.weight");
    append("model.embed_tokens.weight");
    for (const std::string& name : attention) append_layers(name);
    for (const std::string& name : mlp) append_layers(name);
  }
  if (!configuration.is_tied) append("lm_head.weight");
  write_bytes(path, bytes);
  write_llama2c_tokenizer((std::filesystem::path(path).parent_path() / "tokenizer.bin").string(), configuration.vocabulary);
}

}  // namespace manabi::test
