#include "model/transformer/visible_attention.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <vector>

namespace manabi::model {
namespace {

using tensor::kernels::AttentionWeights;

// All positions that a row sees, a head of its own for every query head: [H, S, E] float32.
at::Tensor seen_by(const tensor::AttentionRow& row, const at::Tensor& own, at::Tensor tensor::KeyValueRun::*part, int64_t heads) {
  std::vector<at::Tensor> runs;
  for (const tensor::KeyValueRun& run : row.earlier) runs.push_back(run.*part);
  runs.push_back(own.narrow(0, row.begin, row.length));
  const at::Tensor all = at::cat(runs).to(at::kFloat).transpose(0, 1);
  return all.repeat_interleave(heads / all.size(0), 0);
}

// Whether a position lies ahead of a query: [T, S].
at::Tensor is_ahead(int64_t queries, int64_t positions, at::Device device) {
  const auto options = at::TensorOptions(device).dtype(at::kBool);
  return at::ones({queries, positions}, options).triu(positions - queries + 1);
}

// scores [H, T, S], minus infinity ahead of the query -> the weights of the values.
at::Tensor pattern_of(const at::Tensor& scores, AttentionWeights form) {
  if (form == AttentionWeights::softmax) return scores.softmax(-1);
  const at::Tensor is_seen = scores.isneginf().logical_not();
  const at::Tensor plain = scores.masked_fill(is_seen.logical_not(), 0);
  return form == AttentionWeights::linear ? plain : plain / is_seen.sum(-1, /*keepdim=*/true);
}

}  // namespace

at::Tensor attend_visibly(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                          std::span<const tensor::AttentionRow> rows, const VisibleAttention& how) {
  const int64_t heads = queries.size(1);
  const at::Tensor mixed = at::zeros(queries.sizes(), queries.options());
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(2)));
  for (size_t index = 0; index < rows.size(); ++index) {
    const tensor::AttentionRow& row = rows[index];
    const at::Tensor seen_keys = seen_by(row, keys, &tensor::KeyValueRun::keys, heads);
    const at::Tensor seen_values = seen_by(row, values, &tensor::KeyValueRun::values, heads);
    const at::Tensor own = queries.narrow(0, row.begin, row.length).to(at::kFloat).transpose(0, 1);  // [H, T, E]
    const at::Tensor ahead = is_ahead(row.length, seen_keys.size(1), queries.device());
    const at::Tensor scores = at::matmul(own, seen_keys.transpose(1, 2)).mul_(scale);
    scores.masked_fill_(ahead, -std::numeric_limits<float>::infinity());
    if (how.see_scores) how.see_scores(index, scores);
    const at::Tensor pattern = pattern_of(scores, how.form);
    if (how.see_pattern) how.see_pattern(index, pattern);
    mixed.narrow(0, row.begin, row.length).copy_(at::matmul(pattern, seen_values).transpose(0, 1));
  }
  return mixed;
}

}  // namespace manabi::model
