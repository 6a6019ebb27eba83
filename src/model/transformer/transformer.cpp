#include "model/transformer/transformer.h"

#include <ATen/ATen.h>

#include <utility>

#include "model/trainable/trainable_transformer.h"
#include "model/transformer/pass.h"
#include "model/transformer/visible_attention.h"
#include "model/tuned/frozen_network.h"
#include "tensor/attention.h"
#include "tensor/fused.h"

namespace manabi::model {

using tensor::kernels::AttentionWeights;

Transformer::Transformer(const TransformerShape& shape, TransformerWeights weights, std::optional<Rotation> rotation,
                         const tensor::Compute& compute)
    : shape_(shape), weights_(std::move(weights)), rotation_(std::move(rotation)), compute_(compute) {}

Forward Transformer::forward(std::span<const Row> rows, const Passage& passage) const {
  const c10::InferenceMode inference;
  Pass pass{.packing = Packing(rows, *this, passage), .taps = passage.taps};
  if (rotation_) pass.angles = rotation_->at_positions(pass.packing.positions());
  pass.places = at::arange(pass.packing.size(), pass.packing.positions().options());
  pass.stream = Stream(first_states(passage, pass), shape_.norms);

  const auto is_looked_at = [&](size_t index) { return passage.taps && passage.taps->any_in(static_cast<int64_t>(index)); };
  bool has_wanted_alone = false;
  for (auto index = static_cast<size_t>(passage.first_layer); index < weights_.layers.size(); ++index) {
    if (is_looked_at(index)) {
      shown_block(index, pass);
    } else if (index + 1 < weights_.layers.size() || shape_.attention != AttentionWeights::softmax) {
      block(index, pass);
    } else {
      wanted_block(index, pass);
      has_wanted_alone = true;
    }
  }
  if (!has_wanted_alone) pass.stream.select(pass.packing.wanted());
  const at::Tensor hidden = pass.stream.read(weights_.final_norm);
  if (const Site site{.kind = SiteKind::normalized}; pass.is_shown(site)) {
    for (const Packing::Place& place : pass.packing.places())
      passage.taps->show(site, {place.row, place.wanted, hidden.narrow(0, place.first_wanted, std::ssize(place.wanted))});
  }
  return {hidden, pass.packing.take_caches()};
}

at::Tensor Transformer::first_states(const Passage&, const Pass& pass) const {
  if (pass.packing.states().defined()) return pass.packing.states();
  at::Tensor embedded = weights_.embedding.index_select(0, pass.packing.tokens());
  pass.show({.kind = SiteKind::embed}, embedded);
  if (weights_.positions.defined()) embedded.add_(weights_.positions.index_select(0, pass.packing.positions()));
  return embedded;
}

Transformer::Heads Transformer::heads_of(const TransformerLayer& layer, const at::Tensor& input) const {
  const int64_t width = shape_.head_width, queries = layer.queries.is_defined() ? 0 : shape_.heads;
  const at::Tensor all = layer.heads(input).view({-1, queries + 2 * shape_.kv_heads, width});
  Heads heads{.queries = all.narrow(1, 0, queries),
              .keys = all.narrow(1, queries, shape_.kv_heads),
              .values = all.narrow(1, queries + shape_.kv_heads, shape_.kv_heads),
              .turned = all.narrow(1, 0, queries + shape_.kv_heads)};
  if (layer.queries.is_defined()) heads = {layer.queries(input).view({-1, shape_.heads, width}), heads.keys, heads.values, at::Tensor()};
  return heads;
}

// heads [N, ., E] in place; places [N] among the packed tokens.
void Transformer::turn(at::Tensor heads, const at::Tensor& places, const Pass& pass) const {
  if (rotation_) tensor::rotate_(heads, places, pass.angles.cosines, pass.angles.sines);
}

void Transformer::block(size_t index, Pass& pass) const {
  const TransformerLayer& layer = weights_.layers[index];
  const Heads heads = heads_of(layer, pass.stream.read(layer.attention_norm));
  if (heads.turned.defined()) {
    turn(heads.turned, pass.places, pass);
  } else {
    turn(heads.queries, pass.places, pass);
    turn(heads.keys, pass.places, pass);
  }
  pass.packing.keep(heads.keys, heads.values);

  const auto rows = pass.packing.attention_rows(index);
  const at::Tensor mixed = shape_.attention == AttentionWeights::softmax
                               ? tensor::causal_attention(heads.queries, heads.keys, heads.values, rows)
                               : attend_visibly(heads.queries, heads.keys, heads.values, rows, {.form = shape_.attention});
  pass.stream.add(layer.attention_out(mixed.flatten(1)), layer.attention_norm);
  if (shape_.mlp != Mlp::none) pass.stream.add(mlp(layer, pass.stream.read(layer.mlp_norm)), layer.mlp_norm);
}

void Transformer::wanted_block(size_t index, Pass& pass) const {
  const TransformerLayer& layer = weights_.layers[index];
  const at::Tensor& wanted = pass.packing.wanted();
  const at::Tensor input = pass.stream.read(layer.attention_norm);
  const at::Tensor all = layer.heads(input).view({-1, 2 * shape_.kv_heads, shape_.head_width});
  const at::Tensor keys = all.narrow(1, 0, shape_.kv_heads), values = all.narrow(1, shape_.kv_heads, shape_.kv_heads);
  turn(keys, pass.places, pass);
  pass.packing.keep(keys, values);

  const at::Tensor asked = layer.queries(input.index_select(0, wanted)).view({-1, shape_.heads, shape_.head_width});
  turn(asked, wanted, pass);
  const at::Tensor queries = at::zeros({pass.packing.size(), shape_.heads, shape_.head_width}, asked.options());
  queries.index_copy_(0, wanted, asked);
  const at::Tensor mixed = tensor::causal_attention(queries, keys, values, pass.packing.wanted_attention_rows(index));

  pass.stream.select(wanted);
  pass.stream.add(layer.attention_out(mixed.index_select(0, wanted).flatten(1)), layer.attention_norm);
  if (shape_.mlp != Mlp::none) pass.stream.add(mlp(layer, pass.stream.read(layer.mlp_norm)), layer.mlp_norm);
}

// input [N, D] -> [N, D].
at::Tensor Transformer::mlp(const TransformerLayer& layer, const at::Tensor& input) const {
  at::Tensor inner = layer.up(input);
  if (shape_.mlp == Mlp::gated) return layer.down(tensor::silu_times(inner));
  return layer.down(shape_.mlp == Mlp::gelu ? at::gelu(inner, "tanh") : inner.relu_());
}

at::Tensor Transformer::log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_log_probabilities(hidden, weights_.unembedding, targets);
}

at::Tensor Transformer::logits_at(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::InferenceMode inference;
  return tensor::target_logits(hidden, weights_.unembedding, targets);
}

at::Tensor Transformer::logits(const at::Tensor& hidden) const {
  const c10::InferenceMode inference;
  return at::linear(hidden, weights_.unembedding).to(at::kFloat);
}

std::unique_ptr<TrainableTransformer> Transformer::trainable() const {
  return std::make_unique<TrainableTransformer>(shape_, weights_, rotation_);
}

std::shared_ptr<const FrozenNetwork> Transformer::frozen(at::ScalarType dtype) const { return freeze(shape_, weights_, rotation_, dtype); }

at::Tensor Transformer::position_rows(int64_t first, int64_t count) const {
  return weights_.positions.defined() ? weights_.positions.narrow(0, first, count) : at::Tensor();
}

int64_t Transformer::cache_bytes_per_token() const {
  return 2 * layers() * shape_.kv_heads * shape_.head_width * static_cast<int64_t>(c10::elementSize(compute_.dtype));
}

}  // namespace manabi::model
