// The state of one forward pass of a Transformer.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/packing.h"
#include "model/transformer/stream.h"
#include "model/transformer/transformer.h"

namespace manabi::model {

struct Transformer::Pass {
  Packing packing;
  const Taps* taps = nullptr;
  Rotation::Angles angles = {};  // of the packed tokens, where positions are rotary
  at::Tensor places = {};        // [N]: 0, 1, ...: each token's row in `angles`
  Stream stream = {at::Tensor(), Norms::before};

  bool is_shown(const Site& site) const { return taps && taps->any_at(site); }
  // Calls the taps of a site with each row's part of `values`, whose first axis is the packed tokens.
  void show(const Site& site, const at::Tensor& values) const;
};

struct Transformer::Heads {
  at::Tensor queries;  // [N, H, E]
  at::Tensor keys;     // [N, G, E]
  at::Tensor values;   // [N, G, E]
  at::Tensor turned;   // queries and keys side by side, where they lie so: a view of them; or undefined
};

}  // namespace manabi::model
