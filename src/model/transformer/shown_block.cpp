// A block computed part by part, for those who look: the values of every site lie in memory, and what a tap writes is what the pass goes on
// with. The other blocks compute the same; a test compares them site by site.
#include <ATen/ATen.h>

#include "model/transformer/pass.h"
#include "model/transformer/transformer.h"
#include "model/transformer/visible_attention.h"
#include "tensor/attention.h"

namespace manabi::model {
namespace {

Site in_layer(SiteKind kind, size_t layer) { return {.kind = kind, .layer = static_cast<int64_t>(layer)}; }

}  // namespace

void Transformer::Pass::show(const Site& site, const at::Tensor& values) const {
  if (!is_shown(site)) return;
  for (const Packing::Place& place : packing.places())
    taps->show(site, {place.row, place.positions, values.narrow(0, place.begin, place.length)});
}

std::vector<SiteKind> Transformer::site_kinds() const {
  using enum SiteKind;
  std::vector<SiteKind> kinds = {embed, resid_pre, q, k, v};
  if (rotation_) kinds.insert(kinds.end(), {rot_q, rot_k});
  kinds.insert(kinds.end(), {attn_scores, pattern, z, result, attn_out, resid_mid});
  if (shape_.mlp != Mlp::none) kinds.push_back(mlp_pre);
  if (shape_.mlp == Mlp::gated) kinds.push_back(mlp_pre_linear);
  if (shape_.mlp != Mlp::none) kinds.insert(kinds.end(), {mlp_post, mlp_out});
  kinds.insert(kinds.end(), {resid_post, normalized});
  return kinds;
}

void Transformer::shown_block(size_t index, Pass& pass) const {
  const TransformerLayer& layer = weights_.layers[index];
  const auto show = [&](SiteKind kind, const at::Tensor& values) { pass.show(in_layer(kind, index), values); };
  show(SiteKind::resid_pre, pass.stream.sum());

  const Heads heads = heads_of(layer, pass.stream.read(layer.attention_norm));
  show(SiteKind::q, heads.queries);
  show(SiteKind::k, heads.keys);
  show(SiteKind::v, heads.values);
  turn(heads.queries, pass.places, pass);
  turn(heads.keys, pass.places, pass);
  show(SiteKind::rot_q, heads.queries);
  show(SiteKind::rot_k, heads.keys);
  pass.packing.keep(heads.keys, heads.values);

  const at::Tensor mixed = shown_attention(index, pass, heads);
  show(SiteKind::z, mixed);
  const at::Tensor attention_out = shown_attention_out(index, pass, mixed);
  show(SiteKind::attn_out, attention_out);
  pass.stream.add(attention_out, layer.attention_norm);
  show(SiteKind::resid_mid, pass.stream.sum());

  if (shape_.mlp != Mlp::none) {
    const at::Tensor mlp_out = shown_mlp(index, pass, pass.stream.read(layer.mlp_norm));
    show(SiteKind::mlp_out, mlp_out);
    pass.stream.add(mlp_out, layer.mlp_norm);
  }
  show(SiteKind::resid_post, pass.stream.sum());
}

// Scores and patterns lie in memory only where somebody looks at them.
at::Tensor Transformer::shown_attention(size_t index, Pass& pass, const Heads& heads) const {
  const Site scores = in_layer(SiteKind::attn_scores, index), pattern = in_layer(SiteKind::pattern, index);
  const auto rows = pass.packing.attention_rows(index);
  if (!pass.is_shown(scores) && !pass.is_shown(pattern) && shape_.attention == tensor::kernels::AttentionWeights::softmax)
    return tensor::causal_attention(heads.queries, heads.keys, heads.values, rows);

  const std::vector<Packing::Place> places = pass.packing.places();
  const auto see = [&](const Site& site) -> SeeMatrices {
    if (!pass.is_shown(site)) return nullptr;
    return [&pass, &places, site](size_t row, const at::Tensor& matrices) {
      pass.taps->show(site, {places[row].row, places[row].positions, matrices});
    };
  };
  return attend_visibly(heads.queries, heads.keys, heads.values, rows,
                        {.form = shape_.attention, .see_scores = see(scores), .see_pattern = see(pattern)});
}

// mixed [N, H, E] -> [N, D]. What each head writes is computed apart only where somebody looks at it.
at::Tensor Transformer::shown_attention_out(size_t index, Pass& pass, const at::Tensor& mixed) const {
  const Affine& out = weights_.layers[index].attention_out;
  if (!pass.is_shown(in_layer(SiteKind::result, index))) return out(mixed.flatten(1));
  const at::Tensor weight = out.weight.weight().view({shape_.width, shape_.heads, shape_.head_width});
  const at::Tensor results = at::einsum("nhe,dhe->nhd", {mixed, weight});
  pass.show(in_layer(SiteKind::result, index), results);
  const at::Tensor sum = results.sum(1);
  return out.bias.defined() ? sum + out.bias : sum;
}

at::Tensor Transformer::shown_mlp(size_t index, Pass& pass, const at::Tensor& input) const {
  const TransformerLayer& layer = weights_.layers[index];
  const at::Tensor inner = layer.up(input);
  at::Tensor post;
  if (shape_.mlp == Mlp::gated) {
    const std::vector<at::Tensor> halves = inner.chunk(2, -1);
    pass.show(in_layer(SiteKind::mlp_pre, index), halves[0]);
    pass.show(in_layer(SiteKind::mlp_pre_linear, index), halves[1]);
    post = at::silu(halves[0]) * halves[1];
  } else {
    pass.show(in_layer(SiteKind::mlp_pre, index), inner);
    post = shape_.mlp == Mlp::gelu ? at::gelu(inner, "tanh") : inner.relu();
  }
  pass.show(in_layer(SiteKind::mlp_post, index), post);
  return layer.down(post);
}

}  // namespace manabi::model
