#include "model/llama/blueprint.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "model/transformer/transformer.h"

namespace manabi::model {
namespace {

using Configuration = LlamaConfiguration;
using Extent = int64_t (*)(const Configuration&);

constexpr Extent kWidth = [](const Configuration& c) { return c.width; };
constexpr Extent kQueryWidth = [](const Configuration& c) { return c.query_width(); };
constexpr Extent kKvWidth = [](const Configuration& c) { return c.kv_width(); };
constexpr Extent kMlpWidth = [](const Configuration& c) { return c.mlp_width; };
constexpr Extent kVocabulary = [](const Configuration& c) { return c.vocabulary; };
constexpr Extent kHalfHead = [](const Configuration& c) { return c.head_width / 2; };

enum class Rows { plain, rotated };
enum class Presence { always, once_if_untied, optional, ignored };

struct TableRow {
  LlamaTensor role;
  const char* hugging_face;  // "{}" is the layer's number; a name without it is there once
  const char* gguf;
  Extent rows;
  Extent columns;  // null for a vector
  Rows order = Rows::plain;
  Presence presence = Presence::always;
};

constexpr std::array<TableRow, 14> kTable = {{
    {LlamaTensor::embedding, "model.embed_tokens.weight", "token_embd.weight", kVocabulary, kWidth},
    {LlamaTensor::attention_norm, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", kWidth, nullptr},
    {LlamaTensor::query, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", kQueryWidth, kWidth, Rows::rotated},
    {LlamaTensor::key, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", kKvWidth, kWidth, Rows::rotated},
    {LlamaTensor::value, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", kKvWidth, kWidth},
    {LlamaTensor::attention_out, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight", kWidth, kQueryWidth},
    {LlamaTensor::mlp_norm, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight", kWidth, nullptr},
    {LlamaTensor::gate, "model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight", kMlpWidth, kWidth},
    {LlamaTensor::up, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight", kMlpWidth, kWidth},
    {LlamaTensor::down, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight", kWidth, kMlpWidth},
    {LlamaTensor::final_norm, "model.norm.weight", "output_norm.weight", kWidth, nullptr},
    {LlamaTensor::unembedding, "lm_head.weight", "output.weight", kVocabulary, kWidth, Rows::plain, Presence::once_if_untied},
    {LlamaTensor::frequency_divisors, "", "rope_freqs.weight", kHalfHead, nullptr, Rows::plain, Presence::optional},
    // Old Hugging Face files also carry the frequencies, which the configuration gives as well.
    {LlamaTensor::frequency_divisors, "model.layers.{}.self_attn.rotary_emb.inv_freq", "", kHalfHead, nullptr, Rows::plain, Presence::ignored},
}};

bool is_per_layer(const TableRow& row) { return std::string_view(row.hugging_face).find("{}") != std::string_view::npos; }

std::string name_in_layer(const char* pattern, int64_t layer) { return fmt::format(fmt::runtime(pattern), layer); }

RequiredTensor required_tensor(const TableRow& row, int64_t layer, const Configuration& configuration) {
  RequiredTensor required{.key = {static_cast<int>(row.role), layer},
                          .hugging_face = name_in_layer(row.hugging_face, layer),
                          .gguf = name_in_layer(row.gguf, layer),
                          .shape = {row.rows(configuration)},
                          .rotated_head = row.order == Rows::rotated ? configuration.head_width : 0,
                          .is_optional = row.presence == Presence::optional,
                          .is_ignored = row.presence == Presence::ignored};
  if (row.columns) required.shape.push_back(row.columns(configuration));
  // A tied checkpoint may still hold a copy of the embedding under the head's name.
  if (row.presence == Presence::once_if_untied) required.is_ignored = configuration.is_tied;
  return required;
}

// Reads the weights of one layer after the other in the computing dtype.
class Builder {
 public:
  Builder(const Configuration& configuration, const Weights& weights, const tensor::Compute& compute)
      : configuration_(configuration), weights_(weights), compute_(compute) {}

  TransformerWeights build() const {
    TransformerWeights built;
    for (int64_t layer = 0; layer < configuration_.layers; ++layer) built.layers.push_back(read_layer(layer));
    built.embedding = read(LlamaTensor::embedding);
    built.final_norm = norm(LlamaTensor::final_norm);
    built.unembedding = configuration_.is_tied ? built.embedding : read(LlamaTensor::unembedding);
    return built;
  }

  Rotation rotation() const {
    const TensorKey divisors = key(LlamaTensor::frequency_divisors, 0);
    return {configuration_.rotation, configuration_.head_width, weights_.has(divisors) ? weights_.read(divisors, at::kFloat) : at::Tensor(),
            compute_.device};
  }

 private:
  static TensorKey key(LlamaTensor role, int64_t layer) { return {static_cast<int>(role), layer}; }

  at::Tensor read(LlamaTensor role, int64_t layer = 0) const { return weights_.read(key(role, layer), compute_.dtype).to(compute_.device); }

  Norm norm(LlamaTensor role, int64_t layer = 0) const { return {.gain = read(role, layer), .epsilon = configuration_.norm_epsilon}; }

  Affine affine(std::initializer_list<LlamaTensor> stacked, int64_t layer) const {
    std::vector<TensorKey> keys;
    for (const LlamaTensor role : stacked) keys.push_back(key(role, layer));
    return {.weight = tensor::Linear(weights_.read_stacked(keys, compute_.dtype).to(compute_.device))};
  }

  TransformerLayer read_layer(int64_t index) const {
    using enum LlamaTensor;
    const bool is_last = index + 1 == configuration_.layers;
    TransformerLayer layer;
    layer.attention_norm = norm(attention_norm, index);
    if (is_last) layer.queries = affine({query}, index);
    layer.heads = is_last ? affine({LlamaTensor::key, value}, index) : affine({query, LlamaTensor::key, value}, index);
    layer.attention_out = affine({attention_out}, index);
    layer.mlp_norm = norm(mlp_norm, index);
    layer.up = affine({gate, up}, index);
    layer.down = affine({down}, index);
    return layer;
  }

  const Configuration& configuration_;
  const Weights& weights_;
  const tensor::Compute& compute_;
};

class LlamaBlueprint : public Blueprint {
 public:
  explicit LlamaBlueprint(const Configuration& configuration) : configuration_(configuration) {}

  std::vector<RequiredTensor> required_tensors() const override {
    std::vector<RequiredTensor> required;
    for (const TableRow& row : kTable) {
      const int64_t copies = is_per_layer(row) ? configuration_.layers : 1;
      for (int64_t layer = 0; layer < copies; ++layer) required.push_back(required_tensor(row, layer, configuration_));
    }
    return required;
  }

  int64_t vocabulary() const override { return configuration_.vocabulary; }
  int64_t context() const override { return configuration_.context; }

  std::unique_ptr<CausalLM> build(const Weights& weights, const tensor::Compute& compute) const override {
    const TransformerShape shape = {.width = configuration_.width,
                                    .heads = configuration_.heads,
                                    .kv_heads = configuration_.kv_heads,
                                    .head_width = configuration_.head_width,
                                    .vocabulary = configuration_.vocabulary,
                                    .context = configuration_.context};
    const Builder builder(configuration_, weights, compute);
    TransformerWeights built = builder.build();
    built.parameters = parameters_of(required_tensors());
    return std::make_unique<Transformer>(shape, std::move(built), builder.rotation(), compute);
  }

 private:
  Configuration configuration_;
};

}  // namespace

std::unique_ptr<Blueprint> llama_blueprint(const LlamaConfiguration& configuration) { return std::make_unique<LlamaBlueprint>(configuration); }

std::unique_ptr<Blueprint> llama_blueprint_from_gguf(const base::GgufFile& file) { return llama_blueprint(llama_from_gguf(file)); }

std::unique_ptr<Blueprint> llama_blueprint_from_json(const base::Json& config, const std::string& where) {
  return llama_blueprint(llama_from_json(config, where));
}

}  // namespace manabi::model
