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

// The first position at which the runs read different tokens: nothing that they have before it differs.
int64_t first_difference(const PatchPlan& plan) { return std::ranges::mismatch(plan.clean, plan.corrupted).in1 - plan.clean.begin(); }

void check(const model::CausalLM& lm, const PatchPlan& plan) {
  if (plan.clean.size() != plan.corrupted.size() || plan.clean.empty())
    throw base::Error({.where = "clean, corrupted",
                       .given = fmt::format("{} and {} tokens", plan.clean.size(), plan.corrupted.size()),
                       .expected = "as many, at least one: a position of one run is patched by the same position of the other"});
  for (const auto& [name, token] : {std::pair{"answer", plan.metric.answer}, {"foil", plan.metric.foil.value_or(0)}})
    if (token < 0 || token >= lm.vocabulary())
      throw base::Error({.where = name, .given = fmt::format("token {}", token), .expected = fmt::format("0 to {}", lm.vocabulary() - 1)});
  const std::vector<SiteKind> kinds = lm.site_kinds();
  if (std::ranges::find(kinds, plan.site) == kinds.end() || cells_of(plan.site) == PatchCells::none)
    throw base::Error({.where = "site",
                       .given = model::pattern_of(plan.site),
                       .expected = "one of the model's in its blocks, of the stream, of what is added to it, of an MLP's inside or of a head"});
}

// One cell of a layer's row of the map: where it begins, and what is written at the site.
struct Cell {
  int64_t column = 0;  // position or head
  int64_t begin = 0;   // first position that it can change
};

// The part of a site's values [positions from `begin` on, ...] that a cell patches.
at::Tensor patched_part(const at::Tensor& values, SiteKind kind, const Cell& cell) {
  if (cells_of(kind) == PatchCells::positions) return values.select(0, 0);
  return values.select(kind == SiteKind::attn_scores || kind == SiteKind::pattern ? 0 : 1, cell.column);
}

// A recording's values from a position on.
at::Tensor from_position(const at::Tensor& values, SiteKind kind, int64_t begin) {
  const int64_t axis = kind == SiteKind::attn_scores || kind == SiteKind::pattern ? 1 : 0;
  return values.narrow(axis, begin, values.size(axis) - begin);
}

class Patching {
 public:
  Patching(const model::CausalLM& lm, const PatchPlan& plan)
      : lm_(lm),
        plan_(plan),
        length_(std::ssize(plan.clean)),
        first_difference_(first_difference(plan)),
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
    return values.size(plan_.site == SiteKind::attn_scores || plan_.site == SiteKind::pattern ? 0 : 1);
  }

  // Those that can differ from the corrupted run.
  std::vector<Cell> cells_in(int64_t layer) const {
    std::vector<Cell> cells;
    for (int64_t column = 0; column < columns(); ++column) {
      const int64_t begin = map_.cells == PatchCells::positions ? column : first_difference_;
      if (begin < first_difference_ || begin == length_) continue;
      const auto token = static_cast<size_t>(begin);
      const bool is_same_embedding = layer == 0 && plan_.site == SiteKind::resid_pre && plan_.clean[token] == plan_.corrupted[token];
      if (!is_same_embedding) cells.push_back({.column = column, .begin = begin});
    }
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
    std::vector<model::Row> rows;
    for (const Cell& cell : cells) {
      const at::Tensor states = corrupted_states.narrow(0, cell.begin, length_ - cell.begin).clone();
      if (plan_.site == SiteKind::resid_pre) states.select(0, 0).copy_(clean.select(0, cell.begin));
      rows.push_back({.prefix = model::first_positions(corrupted_.cache, cell.begin), .wanted = {length_ - cell.begin - 1}, .states = states});
    }
    model::Taps taps;
    if (plan_.site != SiteKind::resid_pre) {
      taps.add(site, [&](const model::Sighting& sighting) {
        const Cell& cell = cells[sighting.row];
        patched_part(sighting.values, site.kind, cell).copy_(patched_part(from_position(clean, site.kind, cell.begin), site.kind, cell));
      });
    }
    const at::Tensor hidden = lm_.forward(rows, {.first_layer = layer, .taps = &taps}).hidden;
    const std::vector<double> values = measure_all(lm_, hidden, plan_.metric);
    for (size_t i = 0; i < cells.size(); ++i) map_.values.back()[static_cast<size_t>(cells[i].column)] = values[i];
  }

  const model::CausalLM& lm_;
  const PatchPlan& plan_;
  int64_t length_;
  int64_t first_difference_;
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
  check(lm, plan);
  const c10::InferenceMode inference;
  return Patching(lm, plan).run(watch);
}

PatchMap patch_map_reference(const model::CausalLM& lm, const PatchPlan& plan) {
  check(lm, plan);
  const c10::InferenceMode inference;
  const Recording clean = record(lm, plan.clean, in_all_layers(lm, plan.site));
  PatchMap map{.cells = cells_of(plan.site), .clean = measure(lm, clean.hidden, plan.metric)};
  map.corrupted = measure(lm, record(lm, plan.corrupted, {}).hidden, plan.metric);
  for (const auto& [site, values] : clean.values) {
    const bool is_matrix = site.kind == SiteKind::attn_scores || site.kind == SiteKind::pattern;
    const int64_t axis = map.cells == PatchCells::positions || is_matrix ? 0 : 1;
    std::vector<double> cells;
    for (int64_t column = 0; column < values.size(axis); ++column) {
      model::Taps taps;
      taps.add(site, [&](const model::Sighting& sighting) { sighting.values.select(axis, column).copy_(values.select(axis, column)); });
      const model::Row row{.tokens = plan.corrupted, .wanted = {std::ssize(plan.corrupted) - 1}};
      cells.push_back(measure(lm, lm.forward(std::span(&row, 1), {.taps = &taps}).hidden, plan.metric));
    }
    map.values.push_back(std::move(cells));
  }
  return map;
}

}  // namespace manabi::probe
