#include "model/llama/llama.h"

#include <ATen/ATen.h>

#include <utility>

#include "model/packing.h"
#include "tensor/attention.h"
#include "tensor/fused.h"

namespace manabi::model {
namespace {

int64_t count_parameters(const LlamaWeights& weights) {
  const auto size_of = [](const tensor::Linear& linear) { return linear.inputs() * linear.outputs(); };
  int64_t count = weights.embedding.numel() + weights.final_norm.numel();
  if (!weights.unembedding.is_same(weights.embedding)) count += weights.unembedding.numel();
  for (const LlamaLayer& layer : weights.layers) {
    count += layer.attention_norm.numel() + layer.mlp_norm.numel();
    count += size_of(layer.queries) + size_of(layer.heads) + size_of(layer.attention_out) + size_of(layer.gate_up) + size_of(layer.down);
  }
  return count;
}

}  // namespace

// The stream of hidden states between blocks. The sum with a block's last update is left to the norm that follows, which reads it anyway.
struct Llama::Pass {
  Packing packing;
  Rotation::Angles angles;  // of the packed tokens
  at::Tensor places;        // [N]: 0, 1, ...: each token's row in `angles`
  at::Tensor residual;      // [N, D], from the last block on [W, D]
  at::Tensor update;        // of the same shape, not yet added; undefined before the first block

  at::Tensor norm(const at::Tensor& weight, double epsilon) {
    if (!update.defined()) return tensor::rms_norm(residual, weight, epsilon);
    return tensor::add_rms_norm_(residual, update, weight, epsilon);
  }
};

Llama::Llama(const LlamaConfiguration& configuration, LlamaWeights weights, const tensor::Compute& compute)
    : configuration_(configuration),
      weights_(std::move(weights)),
      compute_(compute),
      rotation_(configuration.rotation, configuration.head_width, weights_.frequency_divisors, compute.device),
      parameters_(count_parameters(weights_)) {}

Forward Llama::forward(std::span<const Row> rows) const {
  const c10::InferenceMode inference;
  Pass pass{.packing = Packing(rows, *this)};
  pass.angles = rotation_.at_positions(pass.packing.positions());
  pass.places = at::arange(pass.packing.size(), pass.packing.positions().options());
  pass.residual = weights_.embedding.index_select(0, pass.packing.tokens());

  const size_t last = weights_.layers.size() - 1;
  for (size_t index = 0; index < last; ++index) block(weights_.layers[index], index, pass);
  last_block(weights_.layers[last], last, pass);
  return {pass.norm(weights_.final_norm, configuration_.norm_epsilon), pass.packing.take_caches()};
}

void Llama::block(const LlamaLayer& layer, size_t index, Pass& pass) const {
  const int64_t head_count = configuration_.heads, kv_heads = configuration_.kv_heads;
  const at::Tensor normed = pass.norm(layer.attention_norm, configuration_.norm_epsilon);

  const at::Tensor heads = layer.heads(normed).view({-1, head_count + 2 * kv_heads, configuration_.head_width});
  const at::Tensor queries = heads.narrow(1, 0, head_count);
  const at::Tensor keys = heads.narrow(1, head_count, kv_heads);
  const at::Tensor values = heads.narrow(1, head_count + kv_heads, kv_heads);
  at::Tensor rotated = heads.narrow(1, 0, head_count + kv_heads);
  tensor::rotate_(rotated, pass.places, pass.angles.cosines, pass.angles.sines);
  pass.packing.keep(keys, values);

  const at::Tensor attended = tensor::causal_attention(queries, keys, values, pass.packing.attention_rows(index));
  pass.update = layer.attention_out(attended.flatten(1));
  pass.update = mlp(layer, pass.norm(layer.mlp_norm, configuration_.norm_epsilon));
}

// As `block`, but nobody reads its output except where it is wanted: all tokens get keys and values, only the wanted ones the rest.
void Llama::last_block(const LlamaLayer& layer, size_t index, Pass& pass) const {
  const int64_t head_count = configuration_.heads, kv_heads = configuration_.kv_heads, head_width = configuration_.head_width;
  const at::Tensor& wanted = pass.packing.wanted();
  const at::Tensor normed = pass.norm(layer.attention_norm, configuration_.norm_epsilon);

  const at::Tensor heads = layer.heads(normed).view({-1, 2 * kv_heads, head_width});
  at::Tensor keys = heads.narrow(1, 0, kv_heads);
  const at::Tensor values = heads.narrow(1, kv_heads, kv_heads);
  tensor::rotate_(keys, pass.places, pass.angles.cosines, pass.angles.sines);
  pass.packing.keep(keys, values);

  at::Tensor wanted_queries = layer.queries(normed.index_select(0, wanted)).view({-1, head_count, head_width});
  tensor::rotate_(wanted_queries, wanted, pass.angles.cosines, pass.angles.sines);
  const at::Tensor queries = at::zeros({pass.packing.size(), head_count, head_width}, wanted_queries.options());
  queries.index_copy_(0, wanted, wanted_queries);
  const at::Tensor attended = tensor::causal_attention(queries, keys, values, pass.packing.wanted_attention_rows(index));

  pass.residual = pass.residual.index_select(0, wanted);
  pass.update = layer.attention_out(attended.index_select(0, wanted).flatten(1));
  pass.update = mlp(layer, pass.norm(layer.mlp_norm, configuration_.norm_epsilon));
}

// normed [N, D] -> [N, D].
at::Tensor Llama::mlp(const LlamaLayer& layer, const at::Tensor& normed) const { return layer.down(tensor::silu_times(layer.gate_up(normed))); }

at::Tensor Llama::log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_log_probabilities(hidden, weights_.unembedding, targets);
}

at::Tensor Llama::logits_at(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_logits(hidden, weights_.unembedding, targets);
}

at::Tensor Llama::logits(const at::Tensor& hidden) const {
  const c10::InferenceMode inference;
  return at::linear(hidden, weights_.unembedding).to(at::kFloat);
}

int64_t Llama::cache_bytes_per_token() const {
  return 2 * configuration_.layers * configuration_.kv_width() * static_cast<int64_t>(c10::elementSize(compute_.dtype));
}

}  // namespace manabi::model
