#include "probe/patching/patch_map.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "probe/recording.h"

namespace manabi::probe {
namespace {

using model::Site;
using model::SiteKind;

bool is_matrix(SiteKind kind) { return kind == SiteKind::attn_scores || kind == SiteKind::pattern; }

}  // namespace

int64_t shift_of(const PatchPlan& plan) { return plan.align == Align::end ? std::ssize(plan.clean) - std::ssize(plan.corrupted) : 0; }

int64_t first_difference(const PatchPlan& plan) {
  if (const int64_t shift = shift_of(plan); shift != 0) return std::max<int64_t>(0, -shift);
  return std::ranges::mismatch(plan.clean, plan.corrupted).in1 - plan.clean.begin();
}

int64_t last_counterpart(const PatchPlan& plan) { return std::min(std::ssize(plan.corrupted), std::ssize(plan.clean) - shift_of(plan)); }

void check_plan(const model::CausalLM& lm, const PatchPlan& plan) {
  const bool is_same_length = plan.clean.size() == plan.corrupted.size();
  if (plan.clean.empty() || plan.corrupted.empty() || (!is_same_length && (plan.align == Align::same_length || is_matrix(plan.site))))
    throw base::Error({.where = "clean, corrupted",
                       .given = fmt::format("{} and {} tokens", plan.clean.size(), plan.corrupted.size()),
                       .expected = is_matrix(plan.site)
                                       ? "as many, at least one: their attention has the same shape then"
                                       : "as many, at least one: a position of one run is patched by the same position of the other"});
  for (const auto& [name, token] : {std::pair{"answer", plan.metric.answer}, {"foil", plan.metric.foil.value_or(0)}})
    if (token < 0 || token >= lm.vocabulary())
      throw base::Error({.where = name, .given = fmt::format("token {}", token), .expected = fmt::format("0 to {}", lm.vocabulary() - 1)});
  const std::vector<SiteKind> kinds = lm.site_kinds();
  if (std::ranges::find(kinds, plan.site) == kinds.end() || cells_of(plan.site) == PatchCells::none)
    throw base::Error({.where = "site",
                       .given = model::pattern_of(plan.site),
                       .expected = "one of the model's in its blocks, of the stream, of what is added to it, of an MLP's inside or of a head"});
}

namespace {

// One cell of a layer's row of the map: a head, or a position.
struct Cell {
  int64_t column = 0;
  int64_t begin = 0;  // the first position that it patches, and the last but one
  int64_t end = 0;
};

// A cell's part of values that begin at position `first`.
at::Tensor part_of(const at::Tensor& values, SiteKind kind, const Cell& cell, int64_t first) {
  const at::Tensor part = values.narrow(is_matrix(kind) ? 1 : 0, first, cell.end - cell.begin);
  if (cells_of(kind) == PatchCells::positions) return part;
  return part.select(is_matrix(kind) ? 0 : 1, cell.column);
}

class Patching {
 public:
  Patching(const model::CausalLM& lm, const PatchPlan& plan)
      : lm_(lm),
        plan_(plan),
        length_(std::ssize(plan.corrupted)),
        clean_(record(lm, plan.clean, in_all_layers(lm, plan.site))),
        corrupted_(record(lm, plan.corrupted, in_all_layers(lm, SiteKind::resid_pre), /*keeps_cache=*/true)) {
    map_.cells = cells_of(plan.site);
    map_.clean = measure(lm, clean_.hidden, plan.metric);
    map_.corrupted = measure(lm, corrupted_.hidden, plan.metric);
  }

  PatchMap run(const base::Watch& watch) {
    watch.begin("patching", lm_.layers() * columns());
    for (int64_t layer = 0; layer < lm_.layers(); ++layer) run_layer(layer, watch);
    watch.end();
    return std::move(map_);
  }

 private:
  int64_t columns() const {
    if (map_.cells == PatchCells::positions) return length_;
    const at::Tensor& values = clean_.values.at({.kind = plan_.site, .layer = 0});
    return values.size(is_matrix(plan_.site) ? 0 : 1);
  }

  // Those that can differ from the corrupted run.
  std::vector<Cell> cells_in(int64_t layer) const {
    const int64_t first = first_difference(plan_), last = last_counterpart(plan_);
    std::vector<Cell> cells;
    if (first >= last) return cells;
    if (map_.cells == PatchCells::heads) {
      for (int64_t head = 0; head < columns(); ++head) cells.push_back({.column = head, .begin = first, .end = last});
      return cells;
    }
    const auto have_same_embedding = [&](int64_t position) {
      return shift_of(plan_) == 0 && plan_.clean[static_cast<size_t>(position)] == plan_.corrupted[static_cast<size_t>(position)];
    };
    for (int64_t position = first; position < last; ++position)
      if (layer > 0 || plan_.site != SiteKind::resid_pre || !have_same_embedding(position))
        cells.push_back({.column = position, .begin = position, .end = position + 1});
    return cells;
  }

  void run_layer(int64_t layer, const base::Watch& watch) {
    map_.values.emplace_back(static_cast<size_t>(columns()), map_.corrupted);
    const std::vector<Cell> cells = cells_in(layer);
    watch.advance(columns() - std::ssize(cells));
    for (size_t begin = 0; begin < cells.size();) {
      watch.throw_if_cancelled();
      size_t end = begin;
      for (int64_t tokens = 0; end < cells.size() && (end == begin || tokens + length_ - cells[end].begin <= plan_.token_budget); ++end)
        tokens += length_ - cells[end].begin;
      run_cells(layer, std::span(cells).subspan(begin, end - begin));
      watch.advance(static_cast<int64_t>(end - begin));
      begin = end;
    }
  }

  void run_cells(int64_t layer, std::span<const Cell> cells) {
    const Site site{.kind = plan_.site, .layer = layer};
    const at::Tensor& clean = clean_.values.at(site);
    const at::Tensor& corrupted_states = corrupted_.values.at({.kind = SiteKind::resid_pre, .layer = layer});
    const auto patch = [&](const at::Tensor& values, const Cell& cell) {
      part_of(values, site.kind, cell, 0).copy_(part_of(clean, site.kind, cell, cell.begin + shift_of(plan_)));
    };
    std::vector<model::Row> rows;
    for (const Cell& cell : cells) {
      const at::Tensor states = corrupted_states.narrow(0, cell.begin, length_ - cell.begin).clone();
      if (site.kind == SiteKind::resid_pre) patch(states, cell);
      rows.push_back({.prefix = model::first_positions(corrupted_.cache, cell.begin), .wanted = {length_ - cell.begin - 1}, .states = states});
    }
    model::Taps taps;
    if (site.kind != SiteKind::resid_pre) taps.add(site, [&](const model::Sighting& sighting) { patch(sighting.values, cells[sighting.row]); });
    const at::Tensor hidden = lm_.forward(rows, {.first_layer = layer, .taps = &taps}).hidden;
    const std::vector<double> values = measure_all(lm_, hidden, plan_.metric);
    for (size_t i = 0; i < cells.size(); ++i) map_.values.back()[static_cast<size_t>(cells[i].column)] = values[i];
  }

  const model::CausalLM& lm_;
  const PatchPlan& plan_;
  int64_t length_;
  Recording clean_, corrupted_;
  PatchMap map_;
};

}  // namespace

PatchCells cells_of(SiteKind kind) {
  switch (kind) {
    case SiteKind::resid_pre:
    case SiteKind::attn_out:
    case SiteKind::resid_mid:
    case SiteKind::mlp_pre:
    case SiteKind::mlp_pre_linear:
    case SiteKind::mlp_post:
    case SiteKind::mlp_out:
    case SiteKind::resid_post:
      return PatchCells::positions;
    case SiteKind::q:
    case SiteKind::k:
    case SiteKind::v:
    case SiteKind::rot_q:
    case SiteKind::rot_k:
    case SiteKind::attn_scores:
    case SiteKind::pattern:
    case SiteKind::z:
    case SiteKind::result:
      return PatchCells::heads;
    case SiteKind::embed:
    case SiteKind::normalized:
      return PatchCells::none;
  }
  return PatchCells::none;
}

std::vector<double> measure_all(const model::CausalLM& lm, const at::Tensor& hidden, const AnswerMetric& metric) {
  const int64_t count = hidden.size(0);
  const auto logits_of = [&](TokenId token) {
    const at::Tensor rows = at::arange(count, at::kLong);
    const at::Tensor pairs = at::stack({rows, at::full_like(rows, token)}, 1).to(hidden.device());
    return lm.logits_at(hidden, pairs).to(at::kCPU, at::kDouble);
  };
  at::Tensor values = logits_of(metric.answer);
  if (metric.foil) values = values - logits_of(*metric.foil);
  values = values.contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + count};
}

double measure(const model::CausalLM& lm, const at::Tensor& hidden, const AnswerMetric& metric) {
  return measure_all(lm, hidden, metric).front();
}

PatchMap patch_map(const model::CausalLM& lm, const PatchPlan& plan, const base::Watch& watch) {
  check_plan(lm, plan);
  const c10::InferenceMode inference;
  return Patching(lm, plan).run(watch);
}

PatchMap patch_map_reference(const model::CausalLM& lm, const PatchPlan& plan) {
  check_plan(lm, plan);
  const c10::InferenceMode inference;
  const Recording clean = record(lm, plan.clean, in_all_layers(lm, plan.site));
  PatchMap map{.cells = cells_of(plan.site), .clean = measure(lm, clean.hidden, plan.metric)};
  map.corrupted = measure(lm, record(lm, plan.corrupted, {}).hidden, plan.metric);
  for (const auto& [site, values] : clean.values) {
    const bool by_position = map.cells == PatchCells::positions;
    const int64_t head_axis = is_matrix(site.kind) ? 0 : 1, shift = shift_of(plan);
    const int64_t first = std::max<int64_t>(0, -shift), last = last_counterpart(plan),
                  columns = by_position ? std::ssize(plan.corrupted) : values.size(head_axis);
    std::vector<double> cells;
    for (int64_t column = 0; column < columns; ++column) {
      model::Taps taps;
      taps.add(site, [&](const model::Sighting& sighting) {
        for (int64_t position = first; position < last; ++position) {
          const int64_t axis = is_matrix(site.kind) ? 1 : 0;
          const at::Tensor into = sighting.values.select(axis, position), from = values.select(axis, position + shift);
          if (!by_position)
            into.select(0, column).copy_(from.select(0, column));
          else if (position == column)
            into.copy_(from);
        }
      });
      const model::Row row{.tokens = plan.corrupted, .wanted = {std::ssize(plan.corrupted) - 1}};
      cells.push_back(measure(lm, lm.forward(std::span(&row, 1), {.taps = &taps}).hidden, plan.metric));
    }
    map.values.push_back(std::move(cells));
  }
  return map;
}

}  // namespace manabi::probe
