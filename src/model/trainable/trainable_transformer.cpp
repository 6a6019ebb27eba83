#include "model/trainable/trainable_transformer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

#include "base/error.h"

namespace manabi::model {
namespace {

using Dense = TrainableLayer::Dense;

at::Tensor copied(const at::Tensor& tensor) { return tensor.defined() ? tensor.detach().to(at::kFloat).clone() : tensor; }
Norm copied(const Norm& norm) { return {.gain = copied(norm.gain), .shift = copied(norm.shift), .epsilon = norm.epsilon}; }
Dense copied(const Affine& affine) { return affine.is_defined() ? Dense{copied(affine.weight.weight()), copied(affine.bias)} : Dense{}; }

at::Tensor rows_of(const at::Tensor& tensor, int64_t begin, int64_t count) {
  return tensor.defined() ? tensor.narrow(0, begin, count).clone() : tensor;
}

// Queries, keys and values apart, wherever the layer keeps them.
void divide_heads(const TransformerLayer& layer, const TransformerShape& shape, TrainableLayer& into) {
  const int64_t queries = shape.heads * shape.head_width, keys = shape.kv_heads * shape.head_width;
  const Dense heads = copied(layer.heads);
  const int64_t first = layer.queries.is_defined() ? 0 : queries;
  into.q = layer.queries.is_defined() ? copied(layer.queries) : Dense{rows_of(heads.weight, 0, queries), rows_of(heads.bias, 0, queries)};
  into.k = {rows_of(heads.weight, first, keys), rows_of(heads.bias, first, keys)};
  into.v = {rows_of(heads.weight, first + keys, keys), rows_of(heads.bias, first + keys, keys)};
}

at::Tensor apply(const Dense& dense, const at::Tensor& input) {
  return at::linear(input, dense.weight, dense.bias.defined() ? std::optional(dense.bias) : std::nullopt);
}

at::Tensor shown(const TrainableTransformer::Edit& edit, SiteKind kind, int64_t layer, const at::Tensor& values) {
  return edit ? edit({.kind = kind, .layer = layer}, values) : values;
}

// heads [N, ., E] turned by their positions: the numbers i and i + E/2 together.
at::Tensor turned(const at::Tensor& heads, const Rotation::Angles& angles) {
  const int64_t half = heads.size(-1) / 2;
  const at::Tensor cosines = angles.cosines.to(heads.scalar_type()).unsqueeze(1), sines = angles.sines.to(heads.scalar_type()).unsqueeze(1);
  const at::Tensor first = heads.narrow(-1, 0, half), second = heads.narrow(-1, half, half);
  return at::cat({first * cosines - second * sines, second * cosines + first * sines}, -1);
}

// [T, H, E] and [T, G, E] of one row -> [T, H, E].
at::Tensor attended(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
  const auto heads_first = [](const at::Tensor& tensor) { return tensor.transpose(0, 1).unsqueeze(0); };
  const bool is_grouped = queries.size(1) != keys.size(1);
  return at::scaled_dot_product_attention(heads_first(queries), heads_first(keys), heads_first(values), std::nullopt, 0.0, /*is_causal=*/true,
                                          std::nullopt, is_grouped)
      .squeeze(0)
      .transpose(0, 1);
}

Affine joined(const std::vector<const Dense*>& parts, at::ScalarType dtype) {
  std::vector<at::Tensor> weights, biases;
  for (const Dense* part : parts) {
    weights.push_back(part->weight.detach());
    if (part->bias.defined()) biases.push_back(part->bias.detach());
  }
  return affine_of(at::cat(weights).to(dtype), biases.empty() ? at::Tensor() : at::cat(biases).to(dtype));
}

Norm frozen_norm(const Norm& norm, at::ScalarType dtype) {
  const auto freeze = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.detach().to(dtype).clone() : tensor; };
  return {.gain = freeze(norm.gain), .shift = freeze(norm.shift), .epsilon = norm.epsilon};
}

}  // namespace

TrainableTransformer::TrainableTransformer(const TransformerShape& shape, const TransformerWeights& weights, std::optional<Rotation> rotation)
    : shape_(shape),
      rotation_(std::move(rotation)),
      embedding_(copied(weights.embedding)),
      positions_(copied(weights.positions)),
      final_norm_(copied(weights.final_norm)),
      is_tied_(weights.unembedding.is_same(weights.embedding) || weights.unembedding.data_ptr() == weights.embedding.data_ptr()),
      parameters_(weights.parameters) {
  if (shape.attention != tensor::kernels::AttentionWeights::softmax)
    throw base::Error({.given = "a network of linear attention", .expected = "softmax attention: only this has gradients here"});
  unembedding_ = is_tied_ ? embedding_ : copied(weights.unembedding);
  for (const TransformerLayer& layer : weights.layers) {
    TrainableLayer& own = layers_.emplace_back();
    own.attention_norm = copied(layer.attention_norm);
    divide_heads(layer, shape, own);
    own.attention_out = copied(layer.attention_out);
    own.mlp_norm = copied(layer.mlp_norm);
    own.up = copied(layer.up);
    own.down = copied(layer.down);
  }
}

// In a fixed order; some are undefined.
template <class Act>
void TrainableTransformer::for_each_weight(const Act& act) {
  const auto norm = [&](auto& each) {
    act(each.gain);
    act(each.shift);
  };
  act(embedding_);
  act(positions_);
  norm(final_norm_);
  if (!is_tied_) act(unembedding_);
  for (auto& layer : layers_) {
    norm(layer.attention_norm);
    norm(layer.mlp_norm);
    for (auto* dense : {&layer.q, &layer.k, &layer.v, &layer.attention_out, &layer.up, &layer.down}) {
      act(dense->weight);
      act(dense->bias);
    }
  }
}

void TrainableTransformer::to(at::ScalarType dtype) {
  for_each_weight([&](at::Tensor& weight) {
    if (weight.defined()) weight = weight.detach().to(dtype);
  });
  if (is_tied_) unembedding_ = embedding_;
}

void TrainableTransformer::randomise(base::Rng rng, double deviation) {
  uint64_t place = 0;
  for_each_weight([&](at::Tensor& weight) {
    const uint64_t own = place++;
    if (!weight.defined()) return;
    at::Tensor values = at::zeros(weight.sizes(), at::kFloat);
    base::Rng numbers = rng.child(own);
    if (weight.dim() > 1) numbers.add_normals(static_cast<float>(deviation), {values.data_ptr<float>(), static_cast<size_t>(values.numel())});
    weight = values.to(weight.options());
  });
  const auto ones = [](Norm& norm) {
    if (norm.gain.defined()) norm.gain.fill_(1);
  };
  ones(final_norm_);
  for (TrainableLayer& layer : layers_) {
    ones(layer.attention_norm);
    ones(layer.mlp_norm);
  }
  if (is_tied_) unembedding_ = embedding_;
}

at::Tensor TrainableTransformer::normed(const Norm& norm, const at::Tensor& hidden) {
  if (!norm.gain.defined()) return hidden;
  if (norm.shift.defined()) return at::layer_norm(hidden, {hidden.size(-1)}, norm.gain, norm.shift, norm.epsilon);
  return hidden * (hidden.square().mean(-1, /*keepdim=*/true) + norm.epsilon).rsqrt() * norm.gain;
}

at::Tensor TrainableTransformer::embed(std::span<const TokenId> tokens) const {
  at::Tensor ids = at::empty({std::ssize(tokens)}, at::kLong);
  for (int64_t i = 0; i < ids.size(0); ++i) ids[i] = static_cast<int64_t>(tokens[static_cast<size_t>(i)]);
  return at::embedding(embedding_, ids.to(embedding_.device()));
}

at::Tensor TrainableTransformer::forward(const at::Tensor& stream, std::span<const int64_t> lengths, const Edit& edit) const {
  std::vector<at::Tensor> each;
  for (const int64_t length : lengths) each.push_back(at::arange(length, at::kLong));
  const at::Tensor positions = at::cat(each).to(stream.device());
  TORCH_CHECK(positions.size(0) == stream.size(0), "TrainableTransformer: rows of ", positions.size(0), " tokens, a stream of ", stream.size(0));
  const Rotation::Angles angles = rotation_ ? rotation_->at_positions(positions) : Rotation::Angles{};
  at::Tensor hidden = positions_.defined() ? stream + at::embedding(positions_, positions) : stream;
  // Adds what a part gave; with norms after each sum, its norm follows.
  const auto add = [&](const at::Tensor& update, const Norm& norm) {
    hidden = hidden + update;
    if (shape_.norms == Norms::after) hidden = normed(norm, hidden);
  };
  const auto read = [&](const Norm& norm) { return shape_.norms == Norms::before ? normed(norm, hidden) : hidden; };
  for (int64_t index = 0; index < std::ssize(layers_); ++index) {
    const TrainableLayer& layer = layers_[static_cast<size_t>(index)];
    hidden = shown(edit, SiteKind::resid_pre, index, hidden);
    add(shown(edit, SiteKind::attn_out, index, attention(layer, index, read(layer.attention_norm), lengths, angles, edit)),
        layer.attention_norm);
    hidden = shown(edit, SiteKind::resid_mid, index, hidden);
    if (shape_.mlp != Mlp::none) add(shown(edit, SiteKind::mlp_out, index, mlp(layer, index, read(layer.mlp_norm), edit)), layer.mlp_norm);
    hidden = shown(edit, SiteKind::resid_post, index, hidden);
  }
  return shape_.norms == Norms::before ? normed(final_norm_, hidden) : hidden;
}

at::Tensor TrainableTransformer::attention(const TrainableLayer& layer, int64_t index, const at::Tensor& input, std::span<const int64_t> lengths,
                                           const Rotation::Angles& angles, const Edit& edit) const {
  const auto heads = [&](const Dense& dense, SiteKind kind) {
    return shown(edit, kind, index, apply(dense, input).view({input.size(0), -1, shape_.head_width}));
  };
  at::Tensor queries = heads(layer.q, SiteKind::q), keys = heads(layer.k, SiteKind::k);
  const at::Tensor values = heads(layer.v, SiteKind::v);
  if (rotation_) {
    queries = shown(edit, SiteKind::rot_q, index, turned(queries, angles));
    keys = shown(edit, SiteKind::rot_k, index, turned(keys, angles));
  }
  std::vector<at::Tensor> mixed;
  int64_t begin = 0;
  for (const int64_t length : lengths) {
    mixed.push_back(attended(queries.narrow(0, begin, length), keys.narrow(0, begin, length), values.narrow(0, begin, length)));
    begin += length;
  }
  return apply(layer.attention_out, shown(edit, SiteKind::z, index, at::cat(mixed)).flatten(1));
}

at::Tensor TrainableTransformer::mlp(const TrainableLayer& layer, int64_t index, const at::Tensor& input, const Edit& edit) const {
  const at::Tensor inner = apply(layer.up, input);
  at::Tensor post;
  if (shape_.mlp == Mlp::gated) {
    const std::vector<at::Tensor> halves = inner.chunk(2, -1);
    post = at::silu(shown(edit, SiteKind::mlp_pre, index, halves[0])) * shown(edit, SiteKind::mlp_pre_linear, index, halves[1]);
  } else {
    const at::Tensor pre = shown(edit, SiteKind::mlp_pre, index, inner);
    post = shape_.mlp == Mlp::gelu ? at::gelu(pre, "tanh") : pre.relu();
  }
  return apply(layer.down, shown(edit, SiteKind::mlp_post, index, post));
}

at::Tensor TrainableTransformer::logits(const at::Tensor& hidden) const { return at::linear(hidden, unembedding_); }

std::unique_ptr<CausalLM> TrainableTransformer::frozen(const tensor::Compute& compute) const {
  const auto freeze = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.detach().to(compute.dtype).clone() : tensor; };
  TransformerWeights weights{.embedding = freeze(embedding_), .positions = freeze(positions_)};
  for (size_t index = 0; index < layers_.size(); ++index) {
    const TrainableLayer& layer = layers_[index];
    TransformerLayer& own = weights.layers.emplace_back();
    own.attention_norm = frozen_norm(layer.attention_norm, compute.dtype);
    if (index + 1 == layers_.size()) {
      own.queries = joined({&layer.q}, compute.dtype);
      own.heads = joined({&layer.k, &layer.v}, compute.dtype);
    } else {
      own.heads = joined({&layer.q, &layer.k, &layer.v}, compute.dtype);
    }
    own.attention_out = joined({&layer.attention_out}, compute.dtype);
    own.mlp_norm = frozen_norm(layer.mlp_norm, compute.dtype);
    if (layer.up.weight.defined()) {
      own.up = joined({&layer.up}, compute.dtype);
      own.down = joined({&layer.down}, compute.dtype);
    }
  }
  weights.final_norm = frozen_norm(final_norm_, compute.dtype);
  weights.unembedding = is_tied_ ? weights.embedding : freeze(unembedding_);
  weights.parameters = parameters_;
  return std::make_unique<Transformer>(shape_, std::move(weights), rotation_, compute);
}

}  // namespace manabi::model
