#include "probe/edits.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace manabi::probe {
namespace {

using model::SiteKind;

bool is_matrix(SiteKind kind) { return kind == SiteKind::attn_scores || kind == SiteKind::pattern; }

// The axes of values [T, ...], [T, H, E] or [H, T, S].
int64_t position_axis(SiteKind kind) { return is_matrix(kind) ? 1 : 0; }
int64_t head_axis(SiteKind kind) { return is_matrix(kind) ? 0 : 1; }

bool has_heads(SiteKind kind) {
  using enum SiteKind;
  constexpr std::array kWith = {q, k, v, rot_q, rot_k, attn_scores, pattern, z, result};
  return std::ranges::find(kWith, kind) != kWith.end();
}

// Places counted from either end -> from the first; all of them for none.
std::vector<int64_t> resolved(const std::vector<int64_t>& places, int64_t count, const char* what) {
  std::vector<int64_t> all;
  if (places.empty())
    for (int64_t i = 0; i < count; ++i) all.push_back(i);
  for (const int64_t place : places) {
    if (place >= count || place < -count)
      throw base::Error(
          {.where = what, .given = std::to_string(place), .expected = fmt::format("0 to {}, or -1 to {} from the end", count - 1, -count)});
    all.push_back(place < 0 ? place + count : place);
  }
  return all;
}

// What an edit makes of one part of the values.
at::Tensor edited(const SiteEdit& edit, const at::Tensor& part, const at::Tensor& mean) {
  const auto given = [&] { return (edit.factor * edit.values).to(part.device(), part.scalar_type()).expand_as(part); };
  switch (edit.kind) {
    case EditKind::zero:
      return at::zeros_like(part);
    case EditKind::mean:
      return mean.expand_as(part);
    case EditKind::scale:
      return part * edit.factor;
    case EditKind::add:
      return part + given();
    case EditKind::replace:
      return given();
  }
  return part;
}

}  // namespace

EditKind edit_kind_named(const std::string& name) {
  const std::vector<std::string> names = {"zero", "mean", "scale", "add", "replace"};
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) throw base::Error({.given = "'" + name + "'", .hint = base::nearest_hint(name, names)});
  return static_cast<EditKind>(found - names.begin());
}

int64_t heads_at(const model::CausalLM& lm, SiteKind kind) {
  if (!has_heads(kind)) return 0;
  int64_t heads = 0;
  model::Taps taps;
  taps.add({.kind = kind, .layer = 0}, [&](const model::Sighting& sighting) { heads = sighting.values.size(head_axis(kind)); });
  const std::vector<model::TokenId> token = {0};
  const model::Row row{.tokens = token, .wanted = {0}};
  lm.forward(std::span(&row, 1), {.taps = &taps});
  return heads;
}

void add_edit(const model::CausalLM& lm, int64_t tokens, const SiteEdit& edit, model::Taps& taps) {
  const SiteKind kind = edit.site.kind;
  if (kind == SiteKind::embed || kind == SiteKind::normalized)
    throw base::Error({.where = "site", .given = model::pattern_of(kind), .expected = "a site of a block"});
  if (edit.site.layer < 0 || edit.site.layer >= lm.layers())
    throw base::Error({.where = "layer", .given = std::to_string(edit.site.layer), .expected = fmt::format("0 to {}", lm.layers() - 1)});
  const int64_t heads = heads_at(lm, kind);
  if (heads == 0 && !edit.heads.empty())
    throw base::Error(
        {.where = "heads", .given = fmt::format("heads at {}", model::pattern_of(kind)), .expected = "a site that has heads, such as z"});
  const std::vector<int64_t> at_positions = resolved(edit.positions, tokens, "positions");
  const std::vector<int64_t> at_heads = heads > 0 ? resolved(edit.heads, heads, "heads") : std::vector<int64_t>{};
  taps.add(edit.site, [edit, kind, at_positions, at_heads](const model::Sighting& sighting) {
    const int64_t axis = position_axis(kind);
    if (edit.values.defined() && edit.values.size(-1) != sighting.values.size(-1))
      throw base::Error({.where = model::name_of(edit.site),
                         .given = fmt::format("values {} wide", edit.values.size(-1)),
                         .expected = fmt::format("{}, as the site's", sighting.values.size(-1))});
    const at::Tensor mean = edit.kind == EditKind::mean ? sighting.values.mean({axis}) : at::Tensor();
    const auto at_whole = [&](const at::Tensor& values, const at::Tensor& of_mean) { values.copy_(edited(edit, values, of_mean)); };
    for (const int64_t position : at_positions) {
      if (position >= sighting.values.size(axis)) continue;  // behind the last wanted one: not computed
      const at::Tensor values = sighting.values.select(axis, position);
      if (at_heads.empty()) at_whole(values, mean);
      // Without their positions both [H, E] and [H, S] have their heads first.
      for (const int64_t head : at_heads) at_whole(values.select(0, head), mean.defined() ? mean.select(0, head) : mean);
    }
  });
}

}  // namespace manabi::probe
