// Changes to activations at a site while a pass runs: nothing in their place, their mean, a multiple, something added or put there; at chosen
// positions and heads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/causal_lm.h"

namespace manabi::probe {

// mean: over all positions of the run, the site's own.
enum class EditKind { zero, mean, scale, add, replace };

struct SiteEdit {
  model::Site site;
  EditKind kind = EditKind::zero;
  double factor = 1;               // of scale; what `values` are multiplied by in add and replace
  at::Tensor values;               // for add and replace: of one position, or of one position and head: broadcast over the rest
  std::vector<int64_t> positions;  // negative: from the end; none: all
  std::vector<int64_t> heads;      // of sites that have them; none: all
};

// How many heads a kind of site has in this model; 0 where it has none.
int64_t heads_at(const model::CausalLM& lm, model::SiteKind kind);

// Adds the edit to the taps of a run of so many tokens. Throws base::Error for a layer, a position or a head out of range (naming the range),
// heads at a site without them, values of another width, and a site that has no positions of its own.
void add_edit(const model::CausalLM& lm, int64_t tokens, const SiteEdit& edit, model::Taps& taps);

EditKind edit_kind_named(const std::string& name);  // "zero", "mean", "scale", "add", "replace"; throws base::Error

}  // namespace manabi::probe
