// The forward pass of a network of which parts are tuned.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/tuned/tuned_network.h"

namespace manabi::model {

using tensor::NormedSum;
using tensor::ParameterLeaves;
using tensor::plain;

namespace {

at::Tensor apply(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) { return at::linear(input, weight, bias); }

tensor::Activation activation_of(Mlp mlp) { return mlp == Mlp::gelu ? tensor::Activation::gelu : tensor::Activation::relu; }

}  // namespace

// Some tokens of every replica, by where they lie: of all packed tokens, or of the wanted ones alone.
struct TunedNetwork::Batch {
  struct Segment {
    int64_t begin = 0, count = 0;
  };
  tensor::PackedRows rows;
  std::vector<Segment> segments, wanted_segments;  // one a replica of the leaves
  at::Tensor ids, positions;                       // [N]; id 0 where a soft row stands
  at::Tensor soft_places, soft_rows;               // where rows of `prompts` stand, and which; undefined without any
  at::Tensor prompts;                              // [sum of lengths, D]
  at::Tensor prefixes;                             // [sum of lengths, layers, 2, G, E]
  at::Tensor wanted;                               // [W]
  tensor::Rotation rotation;
  bool is_wanted_alone = false;  // whether the tokens that pass are the wanted ones

  const std::vector<Segment>& passing() const { return is_wanted_alone ? wanted_segments : segments; }
};

at::Tensor TunedNetwork::prompt_rows(const ParameterLeaves& parameters, int64_t replica) const {
  if (!parts_.prompt) return {};
  const SoftPromptParts& prompt = *parts_.prompt;
  const auto part = [&](size_t i) { return plain(parameters[prompt_encoder_[i]]).select(0, replica); };
  const int64_t length = prompt.lengths[static_cast<size_t>(parameters.first() + replica) % prompt.lengths.size()];
  const at::Tensor table = plain(parameters[prompt_]).select(0, replica).narrow(0, 0, length);
  switch (prompt.encoder) {
    case PromptEncoder::none:
      return table;
    case PromptEncoder::mlp: {
      const at::Tensor inner = apply(apply(table, part(0), part(1)).relu(), part(2), part(3)).relu();
      return apply(inner, part(4), part(5));
    }
    case PromptEncoder::lstm: {
      const size_t dense = prompt_encoder_.size() - 4;
      std::vector<at::Tensor> weights;
      for (size_t i = 0; i < dense; ++i) weights.push_back(part(i));
      const int64_t directions = static_cast<int64_t>(dense) / 4, hidden = weights[1].size(1);
      const at::Tensor zeros = at::zeros({directions, 1, hidden}, table.options());
      const at::Tensor states = std::get<0>(at::lstm(table.unsqueeze(0), {zeros, zeros}, weights, /*has_biases=*/true, directions / 2,
                                                     /*dropout=*/0, /*train=*/true, /*bidirectional=*/true, /*batch_first=*/true));
      return apply(apply(states.squeeze(0), part(dense), part(dense + 1)).relu(), part(dense + 2), part(dense + 3));
    }
  }
  return {};
}

at::Tensor TunedNetwork::prefix_positions(const ParameterLeaves& parameters, int64_t replica) const {
  if (!parts_.prefix) return {};
  const auto part = [&](size_t i) { return plain(parameters[prefix_encoder_[i]]).select(0, replica); };
  const std::vector<int64_t>& lengths = parts_.prefix->lengths;
  const int64_t length = lengths[static_cast<size_t>(parameters.first() + replica) % lengths.size()];
  at::Tensor positions = plain(parameters[prefix_]).select(0, replica).narrow(0, 0, length);
  if (!prefix_encoder_.empty()) positions = apply(apply(positions, part(0), part(1)).tanh(), part(2), part(3));
  return positions.view({length, std::ssize(frozen_->layers), 2, frozen_->shape.kv_heads, frozen_->shape.head_width});
}

namespace {

// Tokens of all rows laid behind one another, as lists that grow.
struct Packed {
  std::vector<tensor::PackedRow> rows;
  std::vector<int64_t> ids, positions, wanted;
  std::vector<int64_t> soft_places, soft_rows;
  int64_t first_soft_row = 0;  // of the replica in hand, among the rows of all prompts

  int64_t size() const { return std::ssize(ids); }
  void add_soft(int64_t index, int64_t position) {
    soft_places.push_back(size());
    soft_rows.push_back(first_soft_row + index);
    add_token(0, position);
  }
  void add_token(int64_t id, int64_t position) {
    ids.push_back(id);
    positions.push_back(position);
  }
  // A row of text from this position on, with the parent and prefix of `like`.
  void add_row(const TunedRow& row, int64_t first_position, tensor::PackedRow like) {
    const int64_t begin = size();
    like.begin = begin;
    like.length = std::ssize(row.tokens);
    rows.push_back(like);
    for (int64_t i = 0; i < like.length; ++i) {
      const text::TokenId token = row.tokens[static_cast<size_t>(i)];
      if (token < 0)
        add_soft(-1 - token, first_position + i);
      else
        add_token(token, first_position + i);
    }
    for (const int64_t offset : row.wanted) wanted.push_back(begin + offset);
  }
};

at::Tensor joined(const std::vector<at::Tensor>& parts) { return parts.empty() ? at::Tensor() : parts.size() == 1 ? parts[0] : at::cat(parts); }

}  // namespace

TunedNetwork::Batch TunedNetwork::packed(const ParameterLeaves& parameters, std::span<const TunedRow> rows) const {
  std::vector<Batch::Segment> segments, wanted_segments;
  Packed packed;
  std::vector<at::Tensor> prompts, prefixes;
  int64_t prefix_begin = 0;
  auto row = rows.begin();
  for (int64_t replica = 0; replica < parameters.replicas(); ++replica) {
    const int64_t begin = packed.size(), first_wanted = std::ssize(packed.wanted);
    if (row != rows.end() && row->replica == replica) {
      const at::Tensor prompt = prompt_rows(parameters, replica), prefix = prefix_positions(parameters, replica);
      const int64_t prompt_length = prompt.defined() ? prompt.size(0) : 0, prefix_length = prefix.defined() ? prefix.size(0) : 0;
      tensor::PackedRow like = {.prefix_begin = prefix_begin, .prefix_length = prefix_length};
      int64_t first_position = prefix_length;
      if (prompt_length > 0 && parts_.prompt->stands_in_front) {
        like = {.parent = std::ssize(packed.rows)};
        packed.rows.push_back({.begin = begin, .length = prompt_length, .prefix_begin = prefix_begin, .prefix_length = prefix_length});
        for (int64_t i = 0; i < prompt_length; ++i) packed.add_soft(i, first_position++);
      }
      for (; row != rows.end() && row->replica == replica; ++row) {
        if (first_position + std::ssize(row->tokens) > frozen_->shape.context)
          throw base::Error({.given = fmt::format("a row of {} tokens behind {} positions", row->tokens.size(), first_position),
                             .expected = fmt::format("at most the network's context of {}", frozen_->shape.context)});
        packed.add_row(*row, first_position, like);
      }
      if (prompt_length > 0) prompts.push_back(prompt);
      if (prefix_length > 0) prefixes.push_back(prefix);
      packed.first_soft_row += prompt_length;
      prefix_begin += prefix_length;
    }
    segments.push_back({begin, packed.size() - begin});
    wanted_segments.push_back({first_wanted, std::ssize(packed.wanted) - first_wanted});
  }
  TORCH_CHECK(row == rows.end(), "TunedNetwork: rows of replicas out of order");
  const at::Device device = frozen_->embedding.device();
  const auto numbers = [&](const std::vector<int64_t>& values) { return at::tensor(values, at::kLong).to(device); };
  Batch batch = {.rows = {std::move(packed.rows), device},
                 .segments = std::move(segments),
                 .wanted_segments = std::move(wanted_segments),
                 .ids = numbers(packed.ids),
                 .positions = numbers(packed.positions),
                 .wanted = numbers(packed.wanted)};
  if (!packed.soft_places.empty()) {
    batch.soft_places = numbers(packed.soft_places);
    batch.soft_rows = numbers(packed.soft_rows);
  }
  batch.prompts = joined(prompts);
  batch.prefixes = joined(prefixes);
  if (frozen_->rotation) {
    const Rotation::Angles angles = frozen_->rotation->at_positions(batch.positions);
    batch.rotation = {.cosines = angles.cosines, .sines = angles.sines};
  }
  return batch;
}

at::Tensor TunedNetwork::embedded(const ParameterLeaves& parameters, const Batch& batch) const {
  at::Tensor stream = embedding_ == kNone ? frozen_->embedding.index_select(0, batch.ids).to(at::kFloat)
                                          : tensor::embed(batch.ids.unsqueeze(0), parameters[embedding_]).squeeze(0);
  if (batch.soft_places.defined()) stream = stream.index_copy(0, batch.soft_places, at::embedding(batch.prompts, batch.soft_rows));
  if (positions_ != kNone) return stream + tensor::embed(batch.positions.unsqueeze(0), parameters[positions_]).squeeze(0);
  return frozen_->positions.defined() ? stream + frozen_->positions.index_select(0, batch.positions) : stream;
}

at::Tensor TunedNetwork::dense(const ParameterLeaves& parameters, const at::Tensor& input, const FrozenDense& frozen, const DenseIds& ids,
                               std::span<const LoraIds> lora, const Batch& batch) const {
  at::Tensor output =
      ids.weight == kNone ? tensor::frozen_dense(input, frozen.weight) : tensor::dense(input.unsqueeze(0), parameters[ids.weight]).squeeze(0);
  for (const LoraIds& each : lora) {
    const at::Tensor a = plain(parameters[each.a]), b = plain(parameters[each.b]);
    std::vector<at::Tensor> deltas;
    for (size_t replica = 0; replica < batch.passing().size(); ++replica) {
      const auto& [begin, count] = batch.passing()[replica];
      const auto own = static_cast<int64_t>(replica);
      deltas.push_back(at::mm(at::mm(input.narrow(0, begin, count), a[own].t()), b[own].t() * parts_.lora->scale));
    }
    output = tensor::add_to_columns_(output, deltas.size() == 1 ? deltas[0] : at::cat(deltas), each.first_column);
  }
  if (ids.bias != kNone) return output + plain(parameters[ids.bias]);
  return frozen.bias.defined() ? output + frozen.bias : output;
}

NormedSum TunedNetwork::normed(const ParameterLeaves& parameters, const at::Tensor& stream, const at::Tensor& update, const Norm& norm,
                               const NormIds& ids) const {
  if (!norm.gain.defined()) {
    const at::Tensor sum = update.defined() ? stream + update : stream;
    return {.sum = sum, .output = sum};
  }
  const at::Tensor gain = ids.gain == kNone ? norm.gain : parameters[ids.gain];
  NormedSum result;
  if (!norm.shift.defined()) {
    result = tensor::add_rms_norm(stream, update, gain, norm.epsilon);
  } else {
    const auto row = [](const at::Tensor& values) { return values.dim() == 1 ? values.unsqueeze(0) : values; };
    const tensor::LayerNormParameters layer_norm = {
        .gain = row(gain), .shift = row(ids.shift == kNone ? norm.shift : parameters[ids.shift]), .epsilon = norm.epsilon};
    result = update.defined() ? tensor::add_layer_norm(stream.unsqueeze(0), update.unsqueeze(0), {}, layer_norm)
                              : NormedSum{stream.unsqueeze(0), tensor::layer_norm(stream.unsqueeze(0), layer_norm)};
    result = {.sum = result.sum.squeeze(0), .output = result.output.squeeze(0)};
  }
  return result;
}

at::Tensor TunedNetwork::attention(const ParameterLeaves& parameters, size_t index, const at::Tensor& input, const Batch& batch) const {
  const FrozenLayer& layer = frozen_->layers[index];
  const TransformerShape& shape = frozen_->shape;
  const at::Tensor projections = dense(parameters, input, layer.heads, layers_[index].heads, layers_[index].heads_lora, batch)
                                     .view({input.size(0), shape.heads + 2 * shape.kv_heads, shape.head_width});
  const at::Tensor prefixes = batch.prefixes.defined() ? batch.prefixes.select(1, static_cast<int64_t>(index)) : at::Tensor();
  return tensor::packed_attention_(projections, shape.heads, batch.rotation, prefixes, batch.rows);
}

at::Tensor TunedNetwork::mlp(const ParameterLeaves& parameters, size_t index, const at::Tensor& input, const Batch& batch) const {
  const FrozenLayer& layer = frozen_->layers[index];
  const LayerIds& ids = layers_[index];
  const at::Tensor inner = dense(parameters, input, layer.up, ids.up, ids.up_lora, batch);
  const at::Tensor post = frozen_->shape.mlp == Mlp::gated
                              ? tensor::silu_gate(inner)
                              : tensor::activate(inner.unsqueeze(0), {}, activation_of(frozen_->shape.mlp)).squeeze(0);
  return dense(parameters, post, layer.down, ids.down, ids.down_lora, batch);
}

at::Tensor TunedNetwork::hidden(const ParameterLeaves& parameters, std::span<const TunedRow> rows) const {
  Batch batch = packed(parameters, rows);
  const bool before = frozen_->shape.norms == Norms::before, has_mlp = frozen_->shape.mlp != Mlp::none;
  const auto norm_behind = [&](size_t index) -> std::pair<const Norm&, const NormIds&> {
    if (!before)
      return {has_mlp ? frozen_->layers[index].mlp_norm : frozen_->layers[index].attention_norm,
              has_mlp ? layers_[index].mlp_norm : layers_[index].attention_norm};
    if (index + 1 == layers_.size()) return {frozen_->final_norm, final_norm_};
    return {frozen_->layers[index + 1].attention_norm, layers_[index + 1].attention_norm};
  };
  // With norms after each sum, what was normed is what the next part adds to.
  const auto next = [&](const NormedSum& state, const at::Tensor& update, const Norm& norm, const NormIds& ids) {
    const NormedSum result = normed(parameters, state.sum, update, norm, ids);
    return before ? result : NormedSum{result.output, result.output};
  };
  const at::Tensor stream = embedded(parameters, batch);
  NormedSum state =
      before ? normed(parameters, stream, {}, frozen_->layers[0].attention_norm, layers_[0].attention_norm) : NormedSum{stream, stream};
  for (size_t index = 0; index < layers_.size(); ++index) {
    const FrozenLayer& layer = frozen_->layers[index];
    const LayerIds& ids = layers_[index];
    at::Tensor mixed = attention(parameters, index, state.output, batch);
    if (index + 1 == layers_.size()) {
      mixed = mixed.index_select(0, batch.wanted);
      state.sum = state.sum.index_select(0, batch.wanted);
      batch.is_wanted_alone = true;
    }
    const at::Tensor update = dense(parameters, mixed, layer.attention_out, ids.attention_out, ids.attention_out_lora, batch);
    if (has_mlp) {
      const auto& [norm, norm_ids] = before ? std::pair<const Norm&, const NormIds&>{layer.mlp_norm, ids.mlp_norm}
                                            : std::pair<const Norm&, const NormIds&>{layer.attention_norm, ids.attention_norm};
      state = next(state, update, norm, norm_ids);
      const auto& [last, last_ids] = norm_behind(index);
      state = next(state, mlp(parameters, index, state.output, batch), last, last_ids);
    } else {
      const auto& [last, last_ids] = norm_behind(index);
      state = next(state, update, last, last_ids);
    }
  }
  return state.output;
}

at::Tensor TunedNetwork::logits(const ParameterLeaves& parameters, const at::Tensor& hidden) const {
  const Id tuned = unembedding_ != kNone ? unembedding_ : embedding_;
  if (tuned != kNone) return tensor::dense(hidden.unsqueeze(0), parameters[tuned]).squeeze(0);
  return tensor::frozen_logits(hidden, frozen_->unembedding);
}

at::Tensor TunedNetwork::class_logits(const ParameterLeaves& parameters, int64_t replica, const at::Tensor& hidden) const {
  return at::mm(hidden, plain(parameters[head_]).select(0, replica).t());
}

}  // namespace manabi::model
