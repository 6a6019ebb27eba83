#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/attention.h"

namespace manabi::tensor {
namespace {

// Queries whose scores exist at one time.
constexpr int64_t kBlockTokens = 256;

// All keys (or values) that a row's last token sees, [P, G, E] in float32: those of the earlier runs, then the row's own.
at::Tensor visible(const AttentionRow& row, const at::Tensor& own, at::Tensor KeyValueRun::*part) {
  std::vector<at::Tensor> runs;
  for (const KeyValueRun& run : row.earlier) runs.push_back(run.*part);
  runs.push_back(own.narrow(0, row.begin, row.length));
  return at::cat(runs, 0).to(at::kFloat);
}

// [G, queries per group, T, P] scores -> the same with every later position at minus infinity. P - T positions stand before the row.
at::Tensor mask_later(const at::Tensor& scores) {
  const int64_t queries = scores.size(-2);
  const int64_t positions = scores.size(-1);
  const at::Tensor later = at::ones({queries, positions}, scores.options().dtype(at::kBool)).triu(positions - queries + 1);
  return scores.masked_fill(later, -std::numeric_limits<double>::infinity());
}

// The last T of P positions: queries [T, H, E], keys and values [P, G, E], all float32 -> [T, H, E].
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
  const int64_t length = queries.size(0), heads = queries.size(1), width = queries.size(2), groups = keys.size(1);
  const at::Tensor grouped = queries.view({length, groups, heads / groups, width}).permute({1, 2, 0, 3});  // [G, H/G, T, E]
  const at::Tensor scores = at::matmul(grouped, keys.permute({1, 2, 0}).unsqueeze(1)) / std::sqrt(static_cast<double>(width));
  const at::Tensor weights = mask_later(scores).softmax(-1);
  return at::matmul(weights, values.permute({1, 0, 2}).unsqueeze(1)).permute({2, 0, 1, 3}).reshape({length, heads, width});
}

}  // namespace

at::Tensor causal_attention_reference(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                                      std::span<const AttentionRow> rows) {
  at::Tensor attended = at::zeros(queries.sizes(), queries.options());
  for (const AttentionRow& row : rows) {
    if (row.length == 0) continue;
    const at::Tensor row_keys = visible(row, keys, &KeyValueRun::keys), row_values = visible(row, values, &KeyValueRun::values);
    const int64_t earlier = row_keys.size(0) - row.length;
    for (int64_t token = row.first_query; token < row.length; token += kBlockTokens) {
      const int64_t tokens = std::min(kBlockTokens, row.length - token), positions = earlier + token + tokens;
      const at::Tensor block = queries.narrow(0, row.begin + token, tokens).to(at::kFloat).contiguous();
      attended.narrow(0, row.begin + token, tokens).copy_(attend(block, row_keys.narrow(0, 0, positions), row_values.narrow(0, 0, positions)));
    }
  }
  return attended;
}

}  // namespace manabi::tensor
