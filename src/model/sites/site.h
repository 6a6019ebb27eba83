// Places inside a model where activations can be read and written, under TransformerLens's names and in its order of axes.
//
// Letters: T tokens of one row, S positions that they see, D width, H query heads, G key-value heads, E width of a head, F width of the MLP.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace manabi::model {

enum class SiteKind {
  embed,           // hook_embed [T, D]: tokens, before positions
  resid_pre,       // blocks.L.hook_resid_pre [T, D]: the stream that enters a block
  q,               // blocks.L.attn.hook_q [T, H, E]
  k,               // blocks.L.attn.hook_k [T, G, E]
  v,               // blocks.L.attn.hook_v [T, G, E]
  rot_q,           // blocks.L.attn.hook_rot_q [T, H, E]: turned by their positions, where positions are rotary
  rot_k,           // blocks.L.attn.hook_rot_k [T, G, E]
  attn_scores,     // blocks.L.attn.hook_attn_scores [H, T, S] float32: what lies ahead is masked
  pattern,         // blocks.L.attn.hook_pattern [H, T, S] float32
  z,               // blocks.L.attn.hook_z [T, H, E]: values mixed by the pattern
  result,          // blocks.L.attn.hook_result [T, H, D]: what each head writes
  attn_out,        // blocks.L.hook_attn_out [T, D]: the sum of these, and the bias
  resid_mid,       // blocks.L.hook_resid_mid [T, D]
  mlp_pre,         // blocks.L.mlp.hook_pre [T, F]: before the activation; of a gated MLP the gate
  mlp_pre_linear,  // blocks.L.mlp.hook_pre_linear [T, F]: what the gate multiplies
  mlp_post,        // blocks.L.mlp.hook_post [T, F]: what the MLP's second matrix reads
  mlp_out,         // blocks.L.hook_mlp_out [T, D]
  resid_post,      // blocks.L.hook_resid_post [T, D]
  normalized,      // ln_final.hook_normalized [W, D]: what the unembedding reads, at the wanted tokens alone
};

struct Site {
  SiteKind kind = SiteKind::resid_pre;
  int64_t layer = -1;  // where the kind has layers

  auto operator<=>(const Site&) const = default;
};

bool has_layer(SiteKind kind);
// "blocks.{}.hook_resid_pre", the layer as {}.
std::string pattern_of(SiteKind kind);
std::string name_of(const Site& site);
// "resid_pre", "z", "mlp_post": the kind in one word.
std::string word_of(SiteKind kind);
// Throws base::Error with the nearest word.
SiteKind site_kind_named(const std::string& word, std::span<const SiteKind> kinds);

// Among the kinds that a model has, of so many layers. Throws base::Error with the nearest name, or the range of layers.
Site site_named(const std::string& name, std::span<const SiteKind> kinds, int64_t layers);

}  // namespace manabi::model
