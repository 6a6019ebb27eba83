#include <ATen/ATen.h>

#include "tensor/differentiable/differentiable.h"

namespace manabi::tensor {
namespace {

at::Tensor with_bias(const at::Tensor& input, const at::Tensor& bias) { return bias.defined() ? input + plain(bias).unsqueeze(1) : input; }

// values [R, B, H, T, E].
at::Tensor turned(const at::Tensor& values, const Rotation& rotation) {
  if (!rotation.cosines.defined()) return values;
  const std::vector<at::Tensor> halves = values.chunk(2, -1);
  return at::cat({halves[0] * rotation.cosines - halves[1] * rotation.sines, halves[1] * rotation.cosines + halves[0] * rotation.sines}, -1);
}

// What queries make of their scores [R, B, H, T, T].
at::Tensor weights_of(const at::Tensor& scores, AttentionWeights weights) {
  const int64_t length = scores.size(-1);
  const at::Tensor unseen = at::ones({length, length}, scores.options().dtype(at::kBool)).triu(1);
  if (weights == AttentionWeights::softmax) return scores.masked_fill(unseen, -std::numeric_limits<double>::infinity()).softmax(-1);
  const at::Tensor seen = scores.masked_fill(unseen, 0);
  return weights == AttentionWeights::linear ? seen : seen / at::arange(1, length + 1, scores.options()).unsqueeze(1);
}

// Queries, keys and values, bias added: [R, B, H, T, E] each.
std::vector<at::Tensor> heads_of(const at::Tensor& projections, const at::Tensor& bias) {
  at::Tensor biased = projections;
  if (bias.defined()) biased = biased + plain(bias).view({projections.size(0), 1, 1, 3, projections.size(4), projections.size(5)});
  return biased.permute({3, 0, 1, 4, 2, 5}).unbind(0);
}

}  // namespace

at::Tensor dense_reference(const at::Tensor& input, const at::Tensor& weight, ProductFormat format) {
  const at::Tensor turned = plain(weight).transpose(1, 2);
  if (format == ProductFormat::unrounded) return at::bmm(input, turned);
  return at::bmm(input.to(at::kBFloat16), turned.to(at::kBFloat16)).to(input.scalar_type());
}

at::Tensor layer_norm_reference(const at::Tensor& input, const LayerNormParameters& parameters) {
  const at::Tensor centred = input - input.mean(-1, /*keepdim=*/true);
  const at::Tensor variance = centred.square().mean(-1, /*keepdim=*/true);
  return centred * (variance + parameters.epsilon).rsqrt() * plain(parameters.gain).unsqueeze(1) + plain(parameters.shift).unsqueeze(1);
}

NormedSum add_layer_norm_reference(const at::Tensor& input, const at::Tensor& update, const at::Tensor& update_bias,
                                   const LayerNormParameters& parameters) {
  const at::Tensor sum = input + with_bias(update, update_bias);
  return {.sum = sum, .output = layer_norm_reference(sum, parameters)};
}

at::Tensor activate_reference(const at::Tensor& input, const at::Tensor& bias, Activation activation) {
  const at::Tensor sum = with_bias(input, bias);
  return activation == Activation::gelu ? at::gelu(sum, "tanh") : at::relu(sum);
}

at::Tensor row_attention_weights(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form) {
  const std::vector<at::Tensor> parts = heads_of(projections, bias);
  const at::Tensor queries = turned(parts[0], form.rotation), keys = turned(parts[1], form.rotation);
  return weights_of(at::matmul(queries, keys.transpose(-1, -2)) * scale, form.weights);
}

at::Tensor row_attention_reference(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form) {
  const at::Tensor values = heads_of(projections, bias)[2];
  return at::matmul(row_attention_weights(projections, bias, scale, form), values).transpose(2, 3).flatten(3);
}

at::Tensor embed_reference(const at::Tensor& ids, const at::Tensor& table) {
  const int64_t replicas = table.size(0), vocabulary = table.size(1);
  const at::Tensor offsets = at::arange(replicas, ids.options()).unsqueeze(1) * vocabulary;
  return plain(table)
      .reshape({replicas * vocabulary, table.size(2)})
      .index_select(0, (ids + offsets).flatten())
      .view({replicas, ids.size(1), table.size(2)});
}

at::Tensor cross_entropy_reference(const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights) {
  const at::Tensor kept = targets.ge(0);
  const at::Tensor chosen = logits.log_softmax(-1).gather(-1, targets.clamp_min(0).unsqueeze(-1)).squeeze(-1);
  const at::Tensor sums = -at::where(kept, chosen, at::zeros_like(chosen)).sum(-1);
  return sums * at::tensor(weights, at::kDouble).to(logits.device(), logits.scalar_type());
}

}  // namespace manabi::tensor
