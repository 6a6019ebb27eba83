#include "model/network/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace manabi::model {

using tensor::Initial;
using tensor::NormedSum;
using tensor::ParameterLeaves;

base::Json described(const DecoderConfig& config) {
  base::Json json = {{"layers", config.layers},
                     {"width", config.width},
                     {"heads", config.heads},
                     {"mlp_ratio", config.mlp_ratio},
                     {"activation", static_cast<int>(config.activation)},
                     {"norm_epsilon", config.norm_epsilon}};
  if (config.attention != tensor::AttentionWeights::softmax) json["attention"] = static_cast<int>(config.attention);
  if (config.shares_blocks) json["shares_blocks"] = true;
  if (config.norms != Norms::before) json["norms"] = static_cast<int>(config.norms);
  if (config.products == tensor::ProductFormat::bfloat16) json["products"] = "bfloat16";
  return json;
}

Decoder::Decoder(const DecoderConfig& config, tensor::ParameterPlan& plan, const std::string& prefix) : config_(config) {
  if (config.heads < 1 || config.width % config.heads != 0)
    throw base::Error({.where = "model.heads, model.width",
                       .given = fmt::format("{} heads over a width of {}", config.heads, config.width),
                       .expected = "heads that divide the width"});
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    if (config.shares_blocks && layer > 0) {
      blocks_.push_back(blocks_.front());
      continue;
    }
    const std::string name = fmt::format("{}blocks.{}.", prefix, layer);
    Block block{.attention_norm = declare_norm(plan, name + "ln1"),
                .qkv = declare_dense(plan, name + "qkv", config.width, 3 * config.width),
                .out = declare_dense(plan, name + "out", config.width, config.width)};
    if (config.mlp_ratio > 0) {
      block.mlp_norm = declare_norm(plan, name + "ln2");
      block.up = declare_dense(plan, name + "up", config.width, config.mlp_ratio * config.width);
      block.down = declare_dense(plan, name + "down", config.mlp_ratio * config.width, config.width);
    }
    blocks_.push_back(block);
  }
  if (config.norms == Norms::before) final_norm_ = declare_norm(plan, prefix + "ln");
}

Decoder::Norm Decoder::declare_norm(tensor::ParameterPlan& plan, const std::string& name) const {
  if (config_.norms == Norms::none) return {};
  return {.gain = plan.add({.name = name + ".weight", .sizes = {config_.width}, .initial = {.scale = 1}}),
          .shift = plan.add({.name = name + ".bias", .sizes = {config_.width}})};
}

Decoder::Dense Decoder::declare_dense(tensor::ParameterPlan& plan, const std::string& name, int64_t inputs, int64_t outputs) const {
  const double deviation = 1 / std::sqrt(static_cast<double>(inputs));
  return {.weight = plan.add({.name = name + ".weight",
                              .sizes = {outputs, inputs},
                              .initial = {.kind = Initial::Kind::truncated_normal, .scale = deviation},
                              .decays = true}),
          .bias = plan.add({.name = name + ".bias", .sizes = {outputs}})};
}

tensor::LayerNormParameters Decoder::read(const ParameterLeaves& parameters, const Norm& norm) const {
  return {.gain = parameters[norm.gain], .shift = parameters[norm.shift], .epsilon = config_.norm_epsilon};
}

at::Tensor Decoder::forward(const ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation) const {
  return run(parameters, hidden, rotation, false).output.view(hidden.sizes());
}

at::Tensor Decoder::forward_last(const ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation) const {
  return run(parameters, hidden, rotation, true).output;
}

const Decoder::Norm& Decoder::norm_after_attention(size_t layer) const {
  if (config_.norms == Norms::after) return blocks_[layer].attention_norm;
  return config_.mlp_ratio > 0 ? blocks_[layer].mlp_norm : norm_after_block(layer);
}

const Decoder::Norm& Decoder::norm_after_block(size_t layer) const {
  if (config_.norms == Norms::after) return blocks_[layer].mlp_norm;
  return layer + 1 < blocks_.size() ? blocks_[layer + 1].attention_norm : final_norm_;
}

NormedSum Decoder::begin(const ParameterLeaves& parameters, const at::Tensor& input) const {
  if (config_.norms != Norms::before) return {.sum = input, .output = input};
  const Norm& first = blocks_.empty() ? final_norm_ : blocks_.front().attention_norm;
  return {.sum = input, .output = tensor::layer_norm(input, read(parameters, first))};
}

NormedSum Decoder::add(const ParameterLeaves& parameters, const at::Tensor& sum, const at::Tensor& update, tensor::ParameterId bias,
                       const Norm& norm) const {
  if (config_.norms == Norms::none) {
    const at::Tensor next = sum + update + tensor::plain(parameters[bias]).unsqueeze(1);
    return {.sum = next, .output = next};
  }
  const NormedSum next = tensor::add_layer_norm(sum, update, parameters[bias], read(parameters, norm));
  return config_.norms == Norms::before ? next : NormedSum{.sum = next.output, .output = next.output};
}

std::vector<at::Tensor> Decoder::attention(const ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation) const {
  std::vector<at::Tensor> all;
  run(parameters, hidden, rotation, false, &all);
  return all;
}

NormedSum Decoder::run(const ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation, bool last_only,
                       std::vector<at::Tensor>* attention) const {
  const int64_t replicas = hidden.size(0), rows = hidden.size(1), positions = hidden.size(2), head_width = config_.width / config_.heads;
  const auto weigh = [&](const at::Tensor& input, const Dense& layer) {
    return tensor::dense(input, parameters[layer.weight], config_.products);
  };
  const auto last_position = [&](const at::Tensor& all) {
    return all.view({replicas, rows, positions, config_.width}).select(2, positions - 1);
  };
  const double scale = 1 / std::sqrt(static_cast<double>(head_width));

  NormedSum stream = begin(parameters, hidden.flatten(1, 2));  // [R, B T, D]
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const Block& block = blocks_[layer];
    const at::Tensor projections = weigh(stream.output, block.qkv).view({replicas, rows, positions, 3, config_.heads, head_width});
    const at::Tensor& bias = parameters[block.qkv.bias];
    const tensor::AttentionForm form = {.weights = config_.attention, .rotation = rotation};
    if (attention) attention->push_back(tensor::row_attention_weights(projections, bias, scale, form));
    at::Tensor attended = tensor::row_attention(projections, bias, scale, form).flatten(1, 2);
    if (last_only && layer + 1 == blocks_.size()) {
      attended = last_position(attended);
      stream.sum = last_position(stream.sum);
    }
    stream = add(parameters, stream.sum, weigh(attended, block.out), block.out.bias, norm_after_attention(layer));
    if (config_.mlp_ratio == 0) continue;
    const at::Tensor inner = tensor::activate(weigh(stream.output, block.up), parameters[block.up.bias], config_.activation);
    stream = add(parameters, stream.sum, weigh(inner, block.down), block.down.bias, norm_after_block(layer));
  }
  if (last_only && blocks_.empty()) return {.sum = last_position(stream.sum), .output = last_position(stream.output)};
  return stream;
}

}  // namespace manabi::model
