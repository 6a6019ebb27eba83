#include "model/llama/configuration.h"

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <utility>

#include "base/error.h"
#include "model/config_reader.h"

namespace manabi::model {
namespace {

// Sizes beyond this are lies of a damaged file; every product of two of them still fits 64 bits.
constexpr int64_t kLargestSize = int64_t{1} << 24;
constexpr int64_t kMostLayers = 4096;

void refuse_variants(const ConfigReader& config) {
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    if (config.flag(key, false)) {
      refuse(fmt::format("{}, key '{}'", config.where(), key), "true", "false: the Llama family here has no biases",
             "use a checkpoint without biases");
    }
  }
  const std::string activation = config.text("hidden_act", "silu");
  if (activation != "silu") refuse(config.where() + ", key 'hidden_act'", activation, "silu");
}

// rope_scaling is null or absent, or names its kind under "rope_type" (older files: "type").
void read_scaling(const ConfigReader& scaling, int64_t context, RotationSettings& rotation) {
  const std::string kind = scaling.text("rope_type", scaling.text("type", "default"));
  if (kind == "default") return;
  if (kind == "linear") {
    rotation.scaling = RotationSettings::Scaling::linear;
    rotation.linear_factor = scaling.number("factor");
  } else if (kind == "llama3") {
    rotation.scaling = RotationSettings::Scaling::llama3;
    rotation.llama3 = {.factor = scaling.number("factor"),
                       .low_frequency_factor = scaling.number("low_freq_factor"),
                       .high_frequency_factor = scaling.number("high_freq_factor"),
                       .original_context = scaling.integer("original_max_position_embeddings", context)};
  } else {
    refuse(scaling.where() + ", key 'rope_type'", kind, "default, linear or llama3");
  }
}

// Newer files keep theta and scaling together in "rope_parameters", older ones have "rope_theta" and "rope_scaling".
RotationSettings read_rotation(const ConfigReader& config, int64_t context) {
  RotationSettings rotation;
  rotation.theta = config.number("rope_theta", rotation.theta);
  if (const auto scaling = config.object("rope_scaling")) read_scaling(*scaling, context, rotation);
  if (const auto parameters = config.object("rope_parameters")) {
    rotation.theta = parameters->number("rope_theta", rotation.theta);
    read_scaling(*parameters, context, rotation);
  }
  return rotation;
}

RotationSettings read_rotation(const base::GgufFile& file) {
  RotationSettings rotation;
  rotation.theta = file.number("llama.rope.freq_base", rotation.theta);
  const double old_factor = file.number("llama.rope.scale_linear", 1);
  const std::string kind = file.text("llama.rope.scaling.type", old_factor != 1 ? "linear" : "none");
  if (kind == "linear") {
    rotation.scaling = RotationSettings::Scaling::linear;
    rotation.linear_factor = file.number("llama.rope.scaling.factor", old_factor);
  } else if (kind != "none") {
    refuse(file.path() + ", key 'llama.rope.scaling.type'", kind, "none or linear (Llama 3's scaling comes as the tensor rope_freqs.weight)");
  }
  return rotation;
}

int64_t gguf_vocabulary(const base::GgufFile& file) {
  const base::GgufTensor* embedding = file.find("token_embd.weight");
  return file.integer("llama.vocab_size", embedding && !embedding->shape.empty() ? embedding->shape[0] : 0);
}

}  // namespace

LlamaConfiguration llama_from_gguf(const base::GgufFile& file) {
  if (const int64_t experts = file.integer("llama.expert_count", 0); experts > 0) {
    refuse(file.path() + ", key 'llama.expert_count'", std::to_string(experts), "0: mixtures of experts are not computed here");
  }
  LlamaConfiguration configuration;
  configuration.width = file.integer("llama.embedding_length");
  configuration.layers = file.integer("llama.block_count");
  configuration.heads = file.integer("llama.attention.head_count");
  configuration.kv_heads = file.integer("llama.attention.head_count_kv", configuration.heads);
  const int64_t derived = configuration.heads > 0 ? configuration.width / configuration.heads : 0;
  configuration.head_width = file.integer("llama.attention.key_length", derived);
  configuration.mlp_width = file.integer("llama.feed_forward_length");
  configuration.vocabulary = gguf_vocabulary(file);
  configuration.context = file.integer("llama.context_length");
  configuration.norm_epsilon = file.number("llama.attention.layer_norm_rms_epsilon");
  configuration.is_tied = !file.find("output.weight");
  configuration.rotation = read_rotation(file);
  check(configuration, file.path());
  for (const char* key : {"llama.attention.value_length", "llama.rope.dimension_count"}) {
    if (const int64_t given = file.integer(key, configuration.head_width); given != configuration.head_width) {
      refuse(fmt::format("{}, key '{}'", file.path(), key), std::to_string(given), fmt::format("the head width, {}", configuration.head_width));
    }
  }
  return configuration;
}

LlamaConfiguration llama_from_json(const base::Json& json, const std::string& where) {
  const ConfigReader config(json, where);
  refuse_variants(config);
  LlamaConfiguration configuration;
  configuration.width = config.integer("hidden_size");
  configuration.layers = config.integer("num_hidden_layers");
  configuration.heads = config.integer("num_attention_heads");
  configuration.kv_heads = config.integer("num_key_value_heads", configuration.heads);
  configuration.head_width = config.integer("head_dim", configuration.heads > 0 ? configuration.width / configuration.heads : 0);
  configuration.mlp_width = config.integer("intermediate_size");
  configuration.vocabulary = config.integer("vocab_size");
  configuration.context = config.integer("max_position_embeddings");
  configuration.norm_epsilon = config.number("rms_norm_eps");
  configuration.is_tied = config.flag("tie_word_embeddings", false);
  configuration.rotation = read_rotation(config, configuration.context);
  check(configuration, where);
  return configuration;
}

void check(const LlamaConfiguration& configuration, const std::string& where) {
  const std::initializer_list<std::pair<const char*, int64_t>> sizes = {
      {"width", configuration.width},           {"layers", configuration.layers},
      {"heads", configuration.heads},           {"key-value heads", configuration.kv_heads},
      {"head width", configuration.head_width}, {"MLP width", configuration.mlp_width},
      {"vocabulary", configuration.vocabulary}, {"context", configuration.context}};
  for (const auto& [name, size] : sizes) {
    if (size < 1 || size > kLargestSize) refuse(where, fmt::format("{} {}", name, size), fmt::format("1 to {}", kLargestSize));
  }
  if (configuration.layers > kMostLayers) refuse(where, fmt::format("layers {}", configuration.layers), fmt::format("at most {}", kMostLayers));
  if (configuration.heads % configuration.kv_heads != 0) {
    refuse(where, fmt::format("{} heads on {} key-value heads", configuration.heads, configuration.kv_heads), "a whole number of heads on each");
  }
  if (configuration.head_width % 2 != 0) refuse(where, fmt::format("head width {}", configuration.head_width), "an even number");
  if (!(configuration.norm_epsilon > 0 && configuration.norm_epsilon < 1)) {
    refuse(where, fmt::format("norm epsilon {}", configuration.norm_epsilon), "a number between 0 and 1");
  }
  const RotationSettings& rotation = configuration.rotation;
  if (!(rotation.theta > 0)) refuse(where, fmt::format("rotation base {}", rotation.theta), "a positive number");
  if (!(rotation.linear_factor > 0) || !(rotation.llama3.factor > 0))
    refuse(where, "a rotation scaling factor of 0 or less", "a positive number");
  if (rotation.llama3.original_context < 1 || !(rotation.llama3.low_frequency_factor < rotation.llama3.high_frequency_factor)) {
    refuse(where, "rotation scaling 'llama3' with an empty band", "low_freq_factor below high_freq_factor and a positive original context");
  }
}

}  // namespace manabi::model
