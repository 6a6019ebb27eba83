#include "probe/vectors/prompt_runs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "probe/passes.h"

namespace manabi::probe {
namespace {

using model::Row;
using model::SiteKind;

constexpr int64_t kLogitsTogether = 512;  // rows whose logits lie in memory at once

// How many tokens all prompts of a group have in common, leaving each at least one of its own.
size_t shared_length(const PromptGroup& group) {
  const std::span<const TokenId> first = group.front();
  size_t shared = first.size();
  for (const std::vector<TokenId>& prompt : group) {
    const auto common = std::ranges::mismatch(prompt, first).in1 - prompt.begin();
    shared = std::min({shared, static_cast<size_t>(common), prompt.size() - 1});
  }
  return group.size() > 1 ? shared : 0;
}

void check(std::span<const PromptGroup> groups) {
  for (size_t group = 0; group < groups.size(); ++group)
    for (const std::vector<TokenId>& prompt : groups[group])
      if (prompt.empty())
        throw base::Error({.where = "group " + std::to_string(group), .given = "a prompt without tokens", .expected = "at least one token"});
}

// The caches of what the groups share; null where they share nothing.
std::vector<std::shared_ptr<const model::Cache>> read_shared(const model::CausalLM& lm, std::span<const PromptGroup> groups, int64_t budget) {
  std::vector<Row> rows;
  std::vector<size_t> owners;
  for (size_t group = 0; group < groups.size(); ++group) {
    if (groups[group].empty() || shared_length(groups[group]) == 0) continue;
    rows.push_back({.tokens = std::span(groups[group].front()).first(shared_length(groups[group])), .keeps_cache = true});
    owners.push_back(group);
  }
  std::vector<std::shared_ptr<const model::Cache>> caches(groups.size());
  in_passes(rows, budget, [&](std::span<const Row> pass, size_t first) {
    const model::Forward forward = lm.forward(pass);
    for (size_t i = 0; i < pass.size(); ++i) caches[owners[first + i]] = forward.caches[i];
  });
  return caches;
}

}  // namespace

PromptRuns::PromptRuns(const model::CausalLM& lm, std::span<const PromptGroup> groups, int64_t token_budget, const base::Watch& watch)
    : lm_(lm), token_budget_(token_budget) {
  const c10::InferenceMode inference;
  check(groups);
  const std::vector<std::shared_ptr<const model::Cache>> shared = read_shared(lm, groups, token_budget);
  std::vector<Row> rows;
  for (size_t group = 0; group < groups.size(); ++group) {
    for (const std::vector<TokenId>& prompt : groups[group]) {
      const auto own = std::span(prompt).subspan(shared_length(groups[group]));
      rows.push_back({.tokens = own, .prefix = shared[group], .wanted = {std::ssize(own) - 1}, .keeps_cache = true});
    }
  }
  const auto options = at::TensorOptions(lm.compute().device).dtype(lm.compute().dtype);
  states_ = at::empty({std::ssize(rows), lm.layers(), lm.width()}, options);
  hidden_ = at::empty({std::ssize(rows), lm.width()}, options);
  entering_ = at::empty_like(hidden_);
  watch.begin("reading prompts", std::ssize(rows));
  in_passes(rows, token_budget, [&](std::span<const Row> pass, size_t first) {
    watch.throw_if_cancelled();
    model::Taps taps;
    const auto keep = [&](const model::Site& site, const at::Tensor& into) {  // into [P, D]
      taps.add(site, [into, first](const model::Sighting& sighting) {
        into.select(0, static_cast<int64_t>(first + sighting.row)).copy_(sighting.values.select(0, sighting.values.size(0) - 1));
      });
    };
    keep({.kind = SiteKind::resid_pre, .layer = 0}, entering_);
    for (int64_t layer = 0; layer < lm.layers(); ++layer) keep({.kind = SiteKind::resid_post, .layer = layer}, states_.select(1, layer));
    const model::Forward forward = lm.forward(pass, {.taps = &taps});
    hidden_.narrow(0, static_cast<int64_t>(first), std::ssize(pass)).copy_(forward.hidden);
    for (const auto& cache : forward.caches) prefixes_.push_back(model::first_positions(cache, cache->end() - 1));
    watch.advance(std::ssize(pass));
  });
  watch.end();
}

at::Tensor PromptRuns::hidden_after(int64_t layer, const at::Tensor& states) const {
  const c10::InferenceMode inference;
  TORCH_CHECK(states.sizes() == hidden_.sizes(), "PromptRuns: states ", states.sizes(), ", expected ", hidden_.sizes());
  std::vector<Row> rows;
  for (int64_t prompt = 0; prompt < size(); ++prompt)
    rows.push_back({.prefix = prefixes_[static_cast<size_t>(prompt)], .wanted = {0}, .states = states.narrow(0, prompt, 1)});
  const at::Tensor hidden = at::empty_like(hidden_);
  in_passes(rows, token_budget_, [&](std::span<const Row> pass, size_t first) {
    hidden.narrow(0, static_cast<int64_t>(first), std::ssize(pass)).copy_(lm_.forward(pass, {.first_layer = layer + 1}).hidden);
  });
  return hidden;
}

at::Tensor PromptRuns::hidden_with(const model::Site& site, std::span<const int64_t> prompts, const Edit& edit) const {
  const c10::InferenceMode inference;
  const at::Tensor entering = site.layer == 0 ? entering_ : states_.select(1, site.layer - 1);
  std::vector<Row> rows;
  for (const int64_t prompt : prompts)
    rows.push_back({.prefix = prefixes_[static_cast<size_t>(prompt)], .wanted = {0}, .states = entering.narrow(0, prompt, 1)});
  const at::Tensor hidden = at::empty({std::ssize(prompts), hidden_.size(1)}, hidden_.options());
  in_passes(rows, token_budget_, [&](std::span<const Row> pass, size_t first) {
    model::Taps taps;
    taps.add(site, [&](const model::Sighting& sighting) { edit(first + sighting.row, sighting.values); });
    const model::Forward forward = lm_.forward(pass, {.first_layer = site.layer, .taps = &taps});
    hidden.narrow(0, static_cast<int64_t>(first), std::ssize(pass)).copy_(forward.hidden);
  });
  return hidden;
}

std::vector<TokenId> likeliest_next(const model::CausalLM& lm, const at::Tensor& hidden) {
  const c10::InferenceMode inference;
  std::vector<TokenId> tokens;
  for (int64_t begin = 0; begin < hidden.size(0); begin += kLogitsTogether) {
    const at::Tensor some = hidden.narrow(0, begin, std::min(kLogitsTogether, hidden.size(0) - begin));
    const at::Tensor best = lm.logits(some).argmax(-1).to(at::kCPU).contiguous();
    for (int64_t i = 0; i < best.numel(); ++i) tokens.push_back(static_cast<TokenId>(best.const_data_ptr<int64_t>()[i]));
  }
  return tokens;
}

}  // namespace manabi::probe
