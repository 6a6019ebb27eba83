#include "model/gpt2/gpt2.h"

#include <ATen/ATen.h>

#include <utility>

#include "model/packing.h"
#include "tensor/attention.h"
#include "tensor/fused.h"

namespace manabi::model {
namespace {

int64_t count_parameters(const Gpt2Weights& weights) {
  const auto of_norm = [](const Gpt2Norm& norm) { return norm.gain.numel() + norm.shift.numel(); };
  const auto of_dense = [](const Gpt2Dense& dense) { return dense.weight.inputs() * dense.weight.outputs() + dense.bias.numel(); };
  int64_t count = weights.embedding.numel() + weights.positions.numel() + of_norm(weights.final_norm);
  if (!weights.unembedding.is_same(weights.embedding)) count += weights.unembedding.numel();
  for (const Gpt2Layer& layer : weights.layers) {
    count += of_norm(layer.attention_norm) + of_norm(layer.mlp_norm);
    count += of_dense(layer.heads) + of_dense(layer.attention_out) + of_dense(layer.up) + of_dense(layer.down);
  }
  return count;
}

}  // namespace

at::Tensor Gpt2Dense::operator()(const at::Tensor& input) const { return weight(input).add_(bias); }

Gpt2::Gpt2(const Gpt2Configuration& configuration, Gpt2Weights weights, const tensor::Compute& compute)
    : configuration_(configuration), weights_(std::move(weights)), compute_(compute), parameters_(count_parameters(weights_)) {}

at::Tensor Gpt2::normed(const at::Tensor& hidden, const Gpt2Norm& norm) const {
  return at::layer_norm(hidden, {configuration_.width}, norm.gain, norm.shift, configuration_.norm_epsilon);
}

Forward Gpt2::forward(std::span<const Row> rows) const {
  const c10::InferenceMode inference;
  Packing packing(rows, *this);
  const int64_t heads = configuration_.heads;
  at::Tensor hidden = weights_.embedding.index_select(0, packing.tokens()) + weights_.positions.index_select(0, packing.positions());
  for (size_t index = 0; index < weights_.layers.size(); ++index) {
    const Gpt2Layer& layer = weights_.layers[index];
    const at::Tensor parts = layer.heads(normed(hidden, layer.attention_norm)).view({-1, 3 * heads, configuration_.head_width()});
    const at::Tensor queries = parts.narrow(1, 0, heads), keys = parts.narrow(1, heads, heads), values = parts.narrow(1, 2 * heads, heads);
    packing.keep(keys, values);
    const at::Tensor attended = tensor::causal_attention(queries, keys, values, packing.attention_rows(index));
    hidden.add_(layer.attention_out(attended.flatten(1)));
    hidden.add_(layer.down(at::gelu(layer.up(normed(hidden, layer.mlp_norm)), "tanh")));
  }
  return {normed(hidden.index_select(0, packing.wanted()), weights_.final_norm), packing.take_caches()};
}

at::Tensor Gpt2::log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_log_probabilities(hidden, weights_.unembedding, targets);
}

at::Tensor Gpt2::logits_at(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_logits(hidden, weights_.unembedding, targets);
}

at::Tensor Gpt2::logits(const at::Tensor& hidden) const {
  const c10::InferenceMode inference;
  return at::linear(hidden, weights_.unembedding).to(at::kFloat);
}

int64_t Gpt2::cache_bytes_per_token() const {
  return 2 * configuration_.layers * configuration_.width * static_cast<int64_t>(c10::elementSize(compute_.dtype));
}

}  // namespace manabi::model
