// One run of a model with what it had at some sites.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <span>

#include "model/causal_lm.h"

namespace manabi::probe {

// Letters: T tokens of the run, D width.
struct Recording {
  std::map<model::Site, at::Tensor> values;   // copies, axes as the site has them
  at::Tensor hidden;                          // [1, D], of the last token after the final norm
  std::shared_ptr<const model::Cache> cache;  // of all tokens, where it was asked for
};

// Runs the tokens, behind a prefix or alone.
Recording record(const model::CausalLM& lm, std::span<const model::TokenId> tokens, std::span<const model::Site> sites, bool keeps_cache = false,
                 std::shared_ptr<const model::Cache> prefix = nullptr);

// The same kind of site in every layer, from `first` on.
std::vector<model::Site> in_all_layers(const model::CausalLM& lm, model::SiteKind kind, int64_t first = 0);

}  // namespace manabi::probe
