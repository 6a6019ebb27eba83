// Activation patching (Vig et al. 2020; Meng et al. 2022): a corrupted run with one activation of a clean run put in its place, for every layer
// and position, or every layer and head. What an answer gains by it tells where the network carries what the runs differ in.
//
// A patch changes nothing before its position and nothing below its layer. So a cell is a pass that begins at the patched block, at the first
// patched position, on the keys and values of the corrupted run; the cells of one layer run together; and the unembedding is asked for the
// answer alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/watch.h"
#include "model/causal_lm.h"

namespace manabi::probe {

using model::TokenId;

// What is read off after the last token: the logit of the answer, less that of the foil where there is one.
struct AnswerMetric {
  TokenId answer = 0;
  std::optional<TokenId> foil;
};

double measure(const model::CausalLM& lm, const at::Tensor& hidden, const AnswerMetric& metric);                   // hidden [1, D]
std::vector<double> measure_all(const model::CausalLM& lm, const at::Tensor& hidden, const AnswerMetric& metric);  // hidden [W, D]

// Which positions of two runs of different lengths belong together: counted from the first, or from the last.
enum class Align { same_length, start, end };

struct PatchPlan {
  std::vector<TokenId> clean, corrupted;
  Align align = Align::same_length;
  AnswerMetric metric;
  model::SiteKind site = model::SiteKind::resid_pre;
  int64_t token_budget = 2048;  // tokens of one pass; a single longer row goes alone
};

// Position p of the corrupted run belongs to position p + shift of the clean one.
int64_t shift_of(const PatchPlan& plan);
// The first position of the corrupted run at which both have something that may differ, and one past the last that has a counterpart.
int64_t first_difference(const PatchPlan& plan);
int64_t last_counterpart(const PatchPlan& plan);
// Throws base::Error as patch_map does.
void check_plan(const model::CausalLM& lm, const PatchPlan& plan);

// Whether a kind of site is patched position by position ([T, D], [T, F]), head by head over all positions ([T, H, E], [H, T, S]), or not at
// all.
enum class PatchCells { positions, heads, none };
PatchCells cells_of(model::SiteKind kind);

struct PatchMap {
  PatchCells cells = PatchCells::positions;
  // [layer][position of the corrupted run, or head]: the metric with this one activation patched; a position without a counterpart is not.
  std::vector<std::vector<double>> values;
  double clean = 0, corrupted = 0;  // the metric of the two runs as they are

  // 0: as corrupted, 1: as clean. NaN where both runs give the same.
  double restored(size_t layer, size_t cell) const { return (values[layer][cell] - corrupted) / (clean - corrupted); }
};

// Throws base::Error for runs of different lengths that are not aligned (or whose attention matrices would be), a site that the model lacks or
// that cannot be patched so, and an answer outside the vocabulary. The watch counts cells.
PatchMap patch_map(const model::CausalLM& lm, const PatchPlan& plan, const base::Watch& watch = {});

// One pass from tokens to answer a cell: what patch_map is compared with.
PatchMap patch_map_reference(const model::CausalLM& lm, const PatchPlan& plan);

}  // namespace manabi::probe
