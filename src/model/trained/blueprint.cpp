#include "model/trained/blueprint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

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

// A parameter by the network's own name, in the computing dtype on its device.
using Read = std::function<at::Tensor(const std::string& name)>;

class Builder {
 public:
  Builder(const TokenNetworkConfig& config, const tensor::Compute& compute, Read read)
      : config_(config), compute_(compute), read_(std::move(read)) {}

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
  at::Tensor read(const std::string& name) const { return read_(name).to(compute_.device, compute_.dtype); }
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
    const std::string name = fmt::format("blocks.{}.", config_.decoder.shares_blocks ? 0 : index);
    TransformerLayer layer{.attention_norm = norm(name + "ln1"), .attention_out = affine(name + "out")};
    place_heads(layer, read(name + "qkv.weight"), read(name + "qkv.bias"), config_.decoder.width, index + 1 == config_.decoder.layers);
    if (config_.decoder.mlp_ratio == 0) return layer;
    layer.mlp_norm = norm(name + "ln2");
    layer.up = affine(name + "up");
    layer.down = affine(name + "down");
    return layer;
  }

  const TokenNetworkConfig& config_;
  const tensor::Compute& compute_;
  Read read_;
};

std::unique_ptr<CausalLM> built(const TokenNetworkConfig& config, const tensor::Compute& compute, int64_t parameters, Read read) {
  const Builder builder(config, compute, std::move(read));
  TransformerWeights weights = builder.build();
  weights.parameters = parameters;
  return std::make_unique<Transformer>(shape_of(config), std::move(weights), builder.rotation(), compute);
}

void check_outputs(const TokenNetworkConfig& config, const std::string& where) {
  if (config.outputs == 0 || config.outputs == config.vocabulary) return;
  throw base::Error({.where = where,
                     .given = std::to_string(config.outputs) + " outputs of " + std::to_string(config.vocabulary) + " tokens",
                     .expected = "as many: another network is no language model"});
}

class TrainedBlueprint final : public Blueprint {
 public:
  TrainedBlueprint(const base::Json& json, const std::string& where) : config_(token_network_from_json(json, where)) {
    const TokenNetwork declares(config_, plan_);
    check_outputs(config_, where + ", keys 'outputs', 'vocabulary'");
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
    // A parameter's role is its place among the network's.
    return built(config_, compute, parameters_of(required_tensors()), [&](const std::string& name) {
      const auto& shapes = plan_.shapes();
      const auto found = std::ranges::find(shapes, name, &tensor::ParameterShape::name);
      return weights.read({static_cast<int>(found - shapes.begin()), 0}, compute.dtype);
    });
  }

 private:
  TokenNetworkConfig config_;
  tensor::ParameterPlan plan_;
};

}  // namespace

std::unique_ptr<Blueprint> trained_blueprint_from_json(const base::Json& config, const std::string& where) {
  return std::make_unique<TrainedBlueprint>(config, where);
}

std::unique_ptr<CausalLM> language_model_of(const TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                                            const tensor::Compute& compute) {
  check_outputs(network.config(), "");
  return built(network.config(), compute, parameters.parameter_count(),
               [&](const std::string& name) { return parameters.view(name).select(0, replica); });
}

std::unique_ptr<Blueprint> trained_blueprint_from_gguf(const base::GgufFile&) {
  throw base::Error({.given = "a network of Manabi's in GGUF", .expected = "the folder that train wrote"});
}

}  // namespace manabi::model
