#include "model/trained/blueprint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "model/network/token_network_json.h"
#include "model/transformer/transformer.h"

namespace manabi::model {
namespace {

Mlp mlp_of(const DecoderConfig& decoder) {
  if (decoder.mlp_ratio == 0) return Mlp::none;
  return decoder.activation == tensor::Activation::gelu ? Mlp::gelu : Mlp::relu;
}

TransformerShape shape_of(const TokenNetworkConfig& config) {
  return {.width = config.decoder.width,
          .heads = config.decoder.heads,
          .kv_heads = config.decoder.heads,
          .head_width = config.decoder.width / config.decoder.heads,
          .vocabulary = config.vocabulary,
          .context = config.context,
          .norms = config.decoder.norms,
          .mlp = mlp_of(config.decoder),
          .attention = config.decoder.attention};
}

// Reads the network's parameters under its own names; a parameter's role is its place among them.
class Builder {
 public:
  Builder(const TokenNetworkConfig& config, const tensor::ParameterPlan& plan, const Weights& weights, const tensor::Compute& compute)
      : config_(config), plan_(plan), weights_(weights), compute_(compute) {}

  TransformerWeights build() const {
    TransformerWeights built{.embedding = embedding(), .positions = positions()};
    for (int64_t layer = 0; layer < config_.decoder.layers; ++layer) built.layers.push_back(read_layer(layer));
    if (config_.decoder.norms == Norms::before) built.final_norm = norm("ln");
    built.unembedding = read("head.weight");
    return built;
  }

  std::optional<Rotation> rotation() const {
    if (config_.positions.scheme != Positions::rotary) return std::nullopt;
    return Rotation({.theta = config_.positions.rotary_base}, config_.decoder.width / config_.decoder.heads, at::Tensor(), compute_.device);
  }

 private:
  at::Tensor read(const std::string& name) const {
    const auto& shapes = plan_.shapes();
    const auto found = std::ranges::find(shapes, name, &tensor::ParameterShape::name);
    return weights_.read({static_cast<int>(found - shapes.begin()), 0}, compute_.dtype).to(compute_.device);
  }
  Norm norm(const std::string& name) const {
    if (config_.decoder.norms == Norms::none) return {};
    return {.gain = read(name + ".weight"), .shift = read(name + ".bias"), .epsilon = config_.decoder.norm_epsilon};
  }
  Affine affine(const std::string& name) const { return affine_of(read(name + ".weight"), read(name + ".bias")); }

  // One-hot positions stand before the token's own part of the width.
  at::Tensor embedding() const {
    const at::Tensor tokens = read("tok.weight");
    return at::constant_pad_nd(tokens, {config_.decoder.width - tokens.size(1), 0});
  }
  at::Tensor positions() const {
    if (config_.positions.scheme == Positions::learned) return read("pos.weight");
    const at::Tensor added = added_positions(config_.positions, position_shape(config_));
    return added.defined() ? added.to(compute_.device, compute_.dtype) : added;
  }

  TransformerLayer read_layer(int64_t index) const {
    const std::string name = fmt::format("blocks.{}.", index);
    TransformerLayer layer{.attention_norm = norm(name + "ln1"), .attention_out = affine(name + "out")};
    place_heads(layer, read(name + "qkv.weight"), read(name + "qkv.bias"), config_.decoder.width, index + 1 == config_.decoder.layers);
    if (config_.decoder.mlp_ratio == 0) return layer;
    layer.mlp_norm = norm(name + "ln2");
    layer.up = affine(name + "up");
    layer.down = affine(name + "down");
    return layer;
  }

  const TokenNetworkConfig& config_;
  const tensor::ParameterPlan& plan_;
  const Weights& weights_;
  const tensor::Compute& compute_;
};

class TrainedBlueprint final : public Blueprint {
 public:
  TrainedBlueprint(const base::Json& json, const std::string& where) : config_(token_network_from_json(json, where)) {
    const TokenNetwork declares(config_, plan_);
    if (config_.outputs != config_.vocabulary)
      throw base::Error({.where = where + ", keys 'outputs', 'vocabulary'",
                         .given = std::to_string(config_.outputs) + " outputs of " + std::to_string(config_.vocabulary) + " tokens",
                         .expected = "as many: another network is no language model"});
  }

  std::vector<RequiredTensor> required_tensors() const override {
    std::vector<RequiredTensor> required;
    for (const tensor::ParameterShape& shape : plan_.shapes())
      required.push_back({.key = {static_cast<int>(required.size()), 0}, .hugging_face = shape.name, .shape = shape.sizes});
    return required;
  }
  int64_t vocabulary() const override { return config_.vocabulary; }
  int64_t context() const override { return config_.context; }

  std::unique_ptr<CausalLM> build(const Weights& weights, const tensor::Compute& compute) const override {
    const Builder builder(config_, plan_, weights, compute);
    TransformerWeights built = builder.build();
    built.parameters = parameters_of(required_tensors());
    return std::make_unique<Transformer>(shape_of(config_), std::move(built), builder.rotation(), compute);
  }

 private:
  TokenNetworkConfig config_;
  tensor::ParameterPlan plan_;
};

}  // namespace

std::unique_ptr<Blueprint> trained_blueprint_from_json(const base::Json& config, const std::string& where) {
  return std::make_unique<TrainedBlueprint>(config, where);
}

std::unique_ptr<Blueprint> trained_blueprint_from_gguf(const base::GgufFile&) {
  throw base::Error({.given = "a network of Manabi's in GGUF", .expected = "the folder that train wrote"});
}

}  // namespace manabi::model
