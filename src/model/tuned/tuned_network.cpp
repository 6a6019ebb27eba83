#include "model/tuned/tuned_network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace manabi::model {
namespace {

using tensor::Initial;
using tensor::ParameterPlan;

constexpr int64_t kLstmLayers = 2;
constexpr double kHeadDeviation = 0.02;

// The first values of libtorch's dense and recurrent layers.
Initial uniform_for(int64_t inputs) { return {.kind = Initial::Kind::uniform, .scale = 1 / std::sqrt(static_cast<double>(inputs))}; }
Initial standard_normal() { return {.kind = Initial::Kind::normal, .scale = 1}; }

int64_t longest(const std::vector<int64_t>& lengths, const char* what) {
  if (lengths.empty() || std::ranges::min(lengths) < 1)
    throw base::Error({.where = what, .given = "a length below 1", .expected = "at least one position for every replica"});
  return std::ranges::max(lengths);
}

}  // namespace

TunedNetwork::TunedNetwork(std::shared_ptr<const FrozenNetwork> frozen, TunedParts parts)
    : frozen_(std::move(frozen)), parts_(std::move(parts)) {
  layers_.resize(frozen_->layers.size());
  if (parts_.prompt) declare_prompt();
  if (parts_.prefix) declare_prefix();
  if (parts_.weights || parts_.biases) {
    if (parts_.weights) {
      embedding_ = plan_.add({.name = "embedding.weight", .sizes = frozen_->embedding.sizes().vec(), .decays = true});
      if (frozen_->positions.defined())
        positions_ = plan_.add({.name = "positions.weight", .sizes = frozen_->positions.sizes().vec(), .decays = true});
      if (!frozen_->is_tied)
        unembedding_ = plan_.add({.name = "unembedding.weight", .sizes = frozen_->unembedding.sizes().vec(), .decays = true});
    }
    for (size_t index = 0; index < layers_.size(); ++index) declare_layer(index);
    final_norm_ = declare_norm("final_norm", frozen_->final_norm);
  }
  if (parts_.lora) {
    if (parts_.lora->rank < 1 || parts_.lora->matrices.empty())
      throw base::Error({.where = "lora", .given = "a rank below 1 or no matrices", .expected = "a rank and matrices that it stands beside"});
    for (const TunedMatrix matrix : parts_.lora->matrices) declare_lora(matrix);
  }
  if (parts_.classes > 0) declare_head();
  if (plan_.shapes().empty()) throw base::Error({.given = "no part of the network to tune", .expected = "at least one"});
}

void TunedNetwork::declare_prompt() {
  const SoftPromptParts& prompt = *parts_.prompt;
  const int64_t width = frozen_->shape.width, hidden = prompt.encoder_width > 0 ? prompt.encoder_width : width;
  prompt_ = plan_.add({.name = "prompt.table", .sizes = {longest(prompt.lengths, "prompt"), width}, .initial = standard_normal()});
  const auto dense = [&](const char* name, int64_t outputs, int64_t inputs) {
    const std::string prefix = std::string("prompt.") + name;
    prompt_encoder_.push_back(plan_.add({.name = prefix + ".weight", .sizes = {outputs, inputs}, .initial = uniform_for(inputs)}));
    prompt_encoder_.push_back(plan_.add({.name = prefix + ".bias", .sizes = {outputs}, .initial = uniform_for(inputs)}));
  };
  if (prompt.encoder == PromptEncoder::mlp) {
    dense("in", hidden, width);
    dense("middle", hidden, hidden);
    dense("out", width, hidden);
  } else if (prompt.encoder == PromptEncoder::lstm) {
    for (int64_t layer = 0; layer < kLstmLayers; ++layer) {
      for (const char* direction : {"forward", "backward"}) {
        const int64_t inputs = layer == 0 ? width : 2 * hidden;
        const std::string name = fmt::format("prompt.lstm.{}.{}", layer, direction);
        const auto add = [&](const char* part, std::vector<int64_t> sizes) {
          prompt_encoder_.push_back(plan_.add({.name = name + part, .sizes = std::move(sizes), .initial = uniform_for(hidden)}));
        };
        add(".input", {4 * hidden, inputs});
        add(".state", {4 * hidden, hidden});
        add(".input_bias", {4 * hidden});
        add(".state_bias", {4 * hidden});
      }
    }
    dense("middle", 2 * hidden, 2 * hidden);
    dense("out", width, 2 * hidden);
  }
}

void TunedNetwork::declare_prefix() {
  const PrefixParts& prefix = *parts_.prefix;
  const int64_t length = longest(prefix.lengths, "prefix"), numbers = 2 * std::ssize(frozen_->layers) * frozen_->kv_width();
  if (prefix.encoder_width == 0) {
    prefix_ = plan_.add({.name = "prefix.table", .sizes = {length, numbers}, .initial = standard_normal()});
    return;
  }
  const int64_t width = frozen_->kv_width();
  prefix_ = plan_.add({.name = "prefix.table", .sizes = {length, width}, .initial = standard_normal()});
  for (const auto& [name, outputs, inputs] : {std::tuple{"in", prefix.encoder_width, width}, std::tuple{"out", numbers, prefix.encoder_width}}) {
    prefix_encoder_.push_back(
        plan_.add({.name = fmt::format("prefix.{}.weight", name), .sizes = {outputs, inputs}, .initial = uniform_for(inputs)}));
    prefix_encoder_.push_back(plan_.add({.name = fmt::format("prefix.{}.bias", name), .sizes = {outputs}, .initial = uniform_for(inputs)}));
  }
}

void TunedNetwork::declare_lora(TunedMatrix matrix) {
  const bool is_gated = frozen_->shape.mlp == Mlp::gated, has_mlp = frozen_->shape.mlp != Mlp::none;
  if (matrix == TunedMatrix::gate ? !is_gated : (matrix == TunedMatrix::up || matrix == TunedMatrix::down) && !has_mlp)
    throw base::Error({.where = "lora",
                       .given = fmt::format("the matrix '{}'", name_of(matrix)),
                       .expected = "one that this network has",
                       .hint = has_mlp ? "its MLP has no gate" : "it has no MLP"});
  const int64_t queries = frozen_->query_width(), keys = frozen_->kv_width();
  for (size_t index = 0; index < layers_.size(); ++index) {
    const FrozenLayer& layer = frozen_->layers[index];
    LayerIds& ids = layers_[index];
    const int64_t inner = has_mlp ? layer.down.weight.size(1) : 0, width = frozen_->shape.width;
    const auto add = [&](std::vector<LoraIds>& to, int64_t outputs, int64_t inputs, int64_t first_column) {
      const std::string name = fmt::format("blocks.{}.{}", index, name_of(matrix));
      to.push_back(
          {.a = plan_.add({.name = name + ".lora_a", .sizes = {parts_.lora->rank, inputs}, .initial = uniform_for(inputs), .decays = true}),
           .b = plan_.add({.name = name + ".lora_b", .sizes = {outputs, parts_.lora->rank}, .decays = true}),
           .first_column = first_column});
    };
    switch (matrix) {
      case TunedMatrix::q:
        add(ids.heads_lora, queries, width, 0);
        break;
      case TunedMatrix::k:
        add(ids.heads_lora, keys, width, queries);
        break;
      case TunedMatrix::v:
        add(ids.heads_lora, keys, width, queries + keys);
        break;
      case TunedMatrix::qkv:
        add(ids.heads_lora, queries + 2 * keys, width, 0);
        break;
      case TunedMatrix::attention_out:
        add(ids.attention_out_lora, width, queries, 0);
        break;
      case TunedMatrix::gate:
        add(ids.up_lora, inner, width, 0);
        break;
      case TunedMatrix::up:
        add(ids.up_lora, inner, width, is_gated ? inner : 0);
        break;
      case TunedMatrix::down:
        add(ids.down_lora, width, inner, 0);
        break;
    }
  }
}

TunedNetwork::DenseIds TunedNetwork::declare_dense(const std::string& name, const FrozenDense& dense) {
  DenseIds ids;
  if (!dense.weight.defined()) return ids;
  if (parts_.weights) ids.weight = plan_.add({.name = name + ".weight", .sizes = dense.weight.sizes().vec(), .decays = true});
  if (parts_.biases || dense.bias.defined()) ids.bias = plan_.add({.name = name + ".bias", .sizes = {dense.weight.size(0)}});
  return ids;
}

TunedNetwork::NormIds TunedNetwork::declare_norm(const std::string& name, const Norm& norm) {
  NormIds ids;
  if (parts_.weights && norm.gain.defined()) ids.gain = plan_.add({.name = name + ".gain", .sizes = norm.gain.sizes().vec()});
  if (norm.shift.defined()) ids.shift = plan_.add({.name = name + ".shift", .sizes = norm.shift.sizes().vec()});
  return ids;
}

void TunedNetwork::declare_layer(size_t index) {
  const FrozenLayer& layer = frozen_->layers[index];
  const std::string name = fmt::format("blocks.{}.", index);
  LayerIds& ids = layers_[index];
  ids.attention_norm = declare_norm(name + "attention_norm", layer.attention_norm);
  ids.heads = declare_dense(name + "heads", layer.heads);
  ids.attention_out = declare_dense(name + "attention_out", layer.attention_out);
  ids.mlp_norm = declare_norm(name + "mlp_norm", layer.mlp_norm);
  ids.up = declare_dense(name + "up", layer.up);
  ids.down = declare_dense(name + "down", layer.down);
}

void TunedNetwork::declare_head() {
  head_ = plan_.add({.name = "head.weight",
                     .sizes = {parts_.classes, frozen_->shape.width},
                     .initial = {.kind = Initial::Kind::normal, .scale = kHeadDeviation},
                     .decays = true});
}

void TunedNetwork::initialise_copies(tensor::ParameterBuffer& parameters) const {
  const auto copy = [&](Id id, const at::Tensor& values) {
    if (id != kNone && values.defined()) parameters.view(id).copy_(values.unsqueeze(0));
  };
  const auto copy_norm = [&](const NormIds& ids, const Norm& norm) {
    copy(ids.gain, norm.gain);
    copy(ids.shift, norm.shift);
  };
  const auto copy_dense = [&](const DenseIds& ids, const FrozenDense& dense) {
    copy(ids.weight, dense.weight);
    copy(ids.bias, dense.bias);
  };
  copy(embedding_, frozen_->embedding);
  copy(positions_, frozen_->positions);
  copy(unembedding_, frozen_->unembedding);
  copy_norm(final_norm_, frozen_->final_norm);
  for (size_t index = 0; index < layers_.size(); ++index) {
    const FrozenLayer& layer = frozen_->layers[index];
    const LayerIds& ids = layers_[index];
    copy_norm(ids.attention_norm, layer.attention_norm);
    copy_norm(ids.mlp_norm, layer.mlp_norm);
    copy_dense(ids.heads, layer.heads);
    copy_dense(ids.attention_out, layer.attention_out);
    copy_dense(ids.up, layer.up);
    copy_dense(ids.down, layer.down);
  }
}

}  // namespace manabi::model
