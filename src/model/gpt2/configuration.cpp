#include "model/gpt2/configuration.h"

#include "model/config_reader.h"

namespace manabi::model {
namespace {

constexpr int64_t kLargestSize = int64_t{1} << 24;  // beyond this a file is damaged
constexpr int64_t kMostLayers = 4096;

void refuse_variants(const ConfigReader& config) {
  const std::string activation = config.text("activation_function", "gelu_new");
  if (activation != "gelu_new" && activation != "gelu_pytorch_tanh")
    refuse(config.where() + ", key 'activation_function'", activation, "gelu_new (GELU in its tanh form)");
  for (const char* key : {"scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention"})
    if (config.flag(key, false)) refuse(config.where() + ", key '" + key + "'", "true", "false: this variant is not computed here");
  if (!config.flag("scale_attn_weights", true)) refuse(config.where() + ", key 'scale_attn_weights'", "false", "true");
}

void check_size(const std::string& where, const char* key, int64_t value, int64_t most) {
  if (value < 1 || value > most) refuse(fmt::format("{}, key '{}'", where, key), std::to_string(value), fmt::format("1 to {}", most));
}

}  // namespace

Gpt2Configuration gpt2_from_json(const base::Json& json, const std::string& where) {
  const ConfigReader config(json, where);
  refuse_variants(config);
  Gpt2Configuration read{.width = config.integer("n_embd"),
                         .layers = config.integer("n_layer"),
                         .heads = config.integer("n_head"),
                         .vocabulary = config.integer("vocab_size"),
                         .context = config.integer("n_positions"),
                         .norm_epsilon = config.number("layer_norm_epsilon", 1e-5),
                         .is_tied = config.flag("tie_word_embeddings", true)};
  check_size(where, "n_embd", read.width, kLargestSize);
  check_size(where, "n_layer", read.layers, kMostLayers);
  check_size(where, "n_head", read.heads, read.width);
  check_size(where, "vocab_size", read.vocabulary, kLargestSize);
  check_size(where, "n_positions", read.context, kLargestSize);
  if (read.width % read.heads != 0)
    refuse(where + ", keys 'n_head', 'n_embd'", fmt::format("{} heads over a width of {}", read.heads, read.width),
           "heads that divide the width");
  read.mlp_width = config.integer("n_inner", 4 * read.width);
  check_size(where, "n_inner", read.mlp_width, kLargestSize);
  return read;
}

}  // namespace manabi::model
