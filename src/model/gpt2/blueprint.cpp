#include "model/gpt2/blueprint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "model/gpt2/configuration.h"
#include "model/transformer/transformer.h"

namespace manabi::model {
namespace {

using Configuration = Gpt2Configuration;
using Extent = int64_t (*)(const Configuration&);

enum class Role {
  embedding,
  positions,
  attention_gain,
  attention_shift,
  heads,
  heads_bias,
  out,
  out_bias,
  mlp_gain,
  mlp_shift,
  up,
  up_bias,
  down,
  down_bias,
  final_gain,
  final_shift,
  unembedding,
  mask
};

constexpr Extent kWidth = [](const Configuration& c) { return c.width; };
constexpr Extent kThreeWidths = [](const Configuration& c) { return 3 * c.width; };
constexpr Extent kMlpWidth = [](const Configuration& c) { return c.mlp_width; };
constexpr Extent kVocabulary = [](const Configuration& c) { return c.vocabulary; };
constexpr Extent kContext = [](const Configuration& c) { return c.context; };

// "{}" is the layer's number. Matrices inside blocks lie as [inputs, outputs].
struct TableRow {
  Role role;
  const char* name;
  Extent rows;
  Extent columns;  // null for a vector
};

constexpr std::array<TableRow, 17> kTable = {{{Role::embedding, "wte.weight", kVocabulary, kWidth},
                                              {Role::positions, "wpe.weight", kContext, kWidth},
                                              {Role::attention_gain, "h.{}.ln_1.weight", kWidth, nullptr},
                                              {Role::attention_shift, "h.{}.ln_1.bias", kWidth, nullptr},
                                              {Role::heads, "h.{}.attn.c_attn.weight", kWidth, kThreeWidths},
                                              {Role::heads_bias, "h.{}.attn.c_attn.bias", kThreeWidths, nullptr},
                                              {Role::out, "h.{}.attn.c_proj.weight", kWidth, kWidth},
                                              {Role::out_bias, "h.{}.attn.c_proj.bias", kWidth, nullptr},
                                              {Role::mlp_gain, "h.{}.ln_2.weight", kWidth, nullptr},
                                              {Role::mlp_shift, "h.{}.ln_2.bias", kWidth, nullptr},
                                              {Role::up, "h.{}.mlp.c_fc.weight", kWidth, kMlpWidth},
                                              {Role::up_bias, "h.{}.mlp.c_fc.bias", kMlpWidth, nullptr},
                                              {Role::down, "h.{}.mlp.c_proj.weight", kMlpWidth, kWidth},
                                              {Role::down_bias, "h.{}.mlp.c_proj.bias", kWidth, nullptr},
                                              {Role::final_gain, "ln_f.weight", kWidth, nullptr},
                                              {Role::final_shift, "ln_f.bias", kWidth, nullptr},
                                              {Role::unembedding, "lm_head.weight", kVocabulary, kWidth}}};

bool is_per_layer(const TableRow& row) { return std::string_view(row.name).find("{}") != std::string_view::npos; }

RequiredTensor required_tensor(const TableRow& row, int64_t layer, const Configuration& configuration) {
  const std::string name = fmt::format(fmt::runtime(row.name), layer);
  RequiredTensor required{.key = {static_cast<int>(row.role), layer},
                          .hugging_face = row.role == Role::unembedding ? name : "transformer." + name,
                          .shape = {row.rows(configuration)}};
  if (row.columns) required.shape.push_back(row.columns(configuration));
  // A tied checkpoint may still hold a copy of the embedding under the head's name.
  if (row.role == Role::unembedding) required.is_ignored = configuration.is_tied;
  return required;
}

// Old files carry the causal mask of every layer, whose shape depends on the file's age.
RequiredTensor ignored_mask(const char* name, int64_t layer, std::vector<int64_t> shape) {
  return {.key = {static_cast<int>(Role::mask), layer},
          .hugging_face = fmt::format("transformer.h.{}.attn.{}", layer, name),
          .shape = std::move(shape),
          .is_ignored = true};
}

class Builder {
 public:
  Builder(const Configuration& configuration, const Weights& weights, const tensor::Compute& compute)
      : configuration_(configuration), weights_(weights), compute_(compute) {}

  TransformerWeights build() const {
    TransformerWeights built{.embedding = read(Role::embedding), .positions = read(Role::positions)};
    for (int64_t layer = 0; layer < configuration_.layers; ++layer) built.layers.push_back(read_layer(layer));
    built.final_norm = norm(Role::final_gain, Role::final_shift);
    built.unembedding = configuration_.is_tied ? built.embedding : read(Role::unembedding);
    return built;
  }

 private:
  at::Tensor read(Role role, int64_t layer = 0) const {
    return weights_.read({static_cast<int>(role), layer}, compute_.dtype).to(compute_.device);
  }
  Norm norm(Role gain, Role shift, int64_t layer = 0) const {
    return {.gain = read(gain, layer), .shift = read(shift, layer), .epsilon = configuration_.norm_epsilon};
  }
  Affine affine(Role weight, Role bias, int64_t layer) const { return affine_of(read(weight, layer).t(), read(bias, layer)); }

  TransformerLayer read_layer(int64_t index) const {
    TransformerLayer layer{.attention_norm = norm(Role::attention_gain, Role::attention_shift, index),
                           .attention_out = affine(Role::out, Role::out_bias, index),
                           .mlp_norm = norm(Role::mlp_gain, Role::mlp_shift, index),
                           .up = affine(Role::up, Role::up_bias, index),
                           .down = affine(Role::down, Role::down_bias, index)};
    place_heads(layer, read(Role::heads, index).t(), read(Role::heads_bias, index), configuration_.width, index + 1 == configuration_.layers);
    return layer;
  }

  const Configuration& configuration_;
  const Weights& weights_;
  const tensor::Compute& compute_;
};

class Gpt2Blueprint : public Blueprint {
 public:
  explicit Gpt2Blueprint(const Configuration& configuration) : configuration_(configuration) {}

  std::vector<RequiredTensor> required_tensors() const override {
    std::vector<RequiredTensor> required;
    for (const TableRow& row : kTable) {
      const int64_t copies = is_per_layer(row) ? configuration_.layers : 1;
      for (int64_t layer = 0; layer < copies; ++layer) required.push_back(required_tensor(row, layer, configuration_));
    }
    for (int64_t layer = 0; layer < configuration_.layers; ++layer) {
      required.push_back(ignored_mask("bias", layer, {1, 1, configuration_.context, configuration_.context}));
      required.push_back(ignored_mask("masked_bias", layer, {}));
    }
    return required;
  }

  int64_t vocabulary() const override { return configuration_.vocabulary; }
  int64_t context() const override { return configuration_.context; }

  std::unique_ptr<CausalLM> build(const Weights& weights, const tensor::Compute& compute) const override {
    const TransformerShape shape = {.width = configuration_.width,
                                    .heads = configuration_.heads,
                                    .kv_heads = configuration_.heads,
                                    .head_width = configuration_.head_width(),
                                    .vocabulary = configuration_.vocabulary,
                                    .context = configuration_.context,
                                    .mlp = Mlp::gelu};
    TransformerWeights built = Builder(configuration_, weights, compute).build();
    built.parameters = parameters_of(required_tensors());
    return std::make_unique<Transformer>(shape, std::move(built), std::nullopt, compute);
  }

 private:
  Configuration configuration_;
};

}  // namespace

std::unique_ptr<Blueprint> gpt2_blueprint_from_json(const base::Json& config, const std::string& where) {
  return std::make_unique<Gpt2Blueprint>(gpt2_from_json(config, where));
}

std::unique_ptr<Blueprint> gpt2_blueprint_from_gguf(const base::GgufFile&) {
  throw base::Error({.given = "a GPT-2 in GGUF",
                     .expected = "a Hugging Face folder for this family",
                     .hint = "use the checkpoint that the file was made from"});
}

}  // namespace manabi::model
