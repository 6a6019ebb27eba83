#include "model/tuned/frozen_network.h"

#include <ATen/ATen.h>

#include <utility>

#include "base/error.h"
#include "model/transformer/transformer.h"

namespace manabi::model {
namespace {

at::Tensor copied(const at::Tensor& tensor, at::ScalarType dtype) { return tensor.defined() ? tensor.detach().to(dtype).contiguous() : tensor; }
Norm copied(const Norm& norm) {
  return {.gain = copied(norm.gain, at::kFloat), .shift = copied(norm.shift, at::kFloat), .epsilon = norm.epsilon};
}
FrozenDense plain(const Affine& affine, at::ScalarType dtype) {
  return affine.is_defined() ? FrozenDense{copied(affine.weight.weight(), dtype), copied(affine.bias, at::kFloat)} : FrozenDense{};
}

// Queries, keys and values together.
FrozenDense heads_of(const TransformerLayer& layer, at::ScalarType dtype) {
  const PlainDense heads = joined_heads(layer);
  return {copied(heads.weight, dtype), copied(heads.bias, at::kFloat)};
}

Affine affine(const FrozenDense& dense, at::ScalarType dtype) {
  return dense.weight.defined() ? affine_of(dense.weight.to(dtype).clone(), dense.bias.defined() ? dense.bias.to(dtype) : at::Tensor())
                                : Affine{};
}

}  // namespace

at::Tensor FrozenNetwork::embedded(std::span<const text::TokenId> tokens) const {
  const std::vector<int64_t> ids(tokens.begin(), tokens.end());
  return embedding.index_select(0, at::tensor(ids, at::kLong).to(embedding.device())).to(at::kFloat);
}

std::shared_ptr<const FrozenNetwork> freeze(const TransformerShape& shape, const TransformerWeights& weights,
                                            const std::optional<Rotation>& rotation, at::ScalarType dtype) {
  if (shape.attention != tensor::kernels::AttentionWeights::softmax)
    throw base::Error({.given = "a network of linear attention", .expected = "softmax attention: only this can be tuned here"});
  auto network = std::make_shared<FrozenNetwork>();
  network->shape = shape;
  network->rotation = rotation;
  network->embedding = copied(weights.embedding, dtype);
  network->positions = copied(weights.positions, at::kFloat);
  for (const TransformerLayer& layer : weights.layers)
    network->layers.push_back({.attention_norm = copied(layer.attention_norm),
                               .heads = heads_of(layer, dtype),
                               .attention_out = plain(layer.attention_out, dtype),
                               .mlp_norm = copied(layer.mlp_norm),
                               .up = plain(layer.up, dtype),
                               .down = plain(layer.down, dtype)});
  network->final_norm = copied(weights.final_norm);
  network->is_tied = weights.unembedding.is_same(weights.embedding) || weights.unembedding.data_ptr() == weights.embedding.data_ptr();
  network->unembedding = network->is_tied ? network->embedding : copied(weights.unembedding, dtype);
  network->parameters = weights.parameters;
  return network;
}

std::unique_ptr<CausalLM> language_model_of(const FrozenNetwork& network, const tensor::Compute& compute) {
  const auto moved = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(compute.device, compute.dtype) : tensor; };
  const auto norm = [&](const Norm& each) { return Norm{.gain = moved(each.gain), .shift = moved(each.shift), .epsilon = each.epsilon}; };
  TransformerWeights weights{.embedding = moved(network.embedding), .positions = moved(network.positions)};
  for (const FrozenLayer& layer : network.layers) {
    TransformerLayer& own = weights.layers.emplace_back();
    own.attention_norm = norm(layer.attention_norm);
    place_heads(own, moved(layer.heads.weight).clone(), moved(layer.heads.bias), network.query_width(),
                weights.layers.size() == network.layers.size());
    own.attention_out = affine(layer.attention_out, compute.dtype);
    own.mlp_norm = norm(layer.mlp_norm);
    own.up = affine(layer.up, compute.dtype);
    own.down = affine(layer.down, compute.dtype);
  }
  weights.final_norm = norm(network.final_norm);
  weights.unembedding = network.is_tied ? weights.embedding : moved(network.unembedding);
  weights.parameters = network.parameters;
  return std::make_unique<Transformer>(network.shape, std::move(weights), network.rotation, compute);
}

}  // namespace manabi::model
