// Causal attention over rows of different lengths that share keys and values of earlier positions. The fused CPU kernel never stores a
// score matrix; the reference (plain tensor operations, any device) is what tests compare with.
//
// Letters: N tokens of all rows together, H query heads, G key-value heads (H = G * queries per group), E width of a head.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace manabi::tensor {

// A run of earlier positions of a row. Read where it lies (never copied) when its last axis is contiguous; the other strides are free.
struct KeyValueRun {
  at::Tensor keys;    // [P, G, E]
  at::Tensor values;  // [P, G, E]
};

// One row: its queries are tokens [begin, begin + length) of the packed tensors. They see every position of `earlier`, in order, and then
// their own row causally.
struct AttentionRow {
  int64_t begin = 0;
  int64_t length = 0;
  std::vector<KeyValueRun> earlier;
  int64_t first_query = 0;  // queries before this offset of the row are not wanted (their output is left undefined)
};

// queries [N, H, E], keys [N, G, E], values [N, G, E] -> [N, H, E], contiguous. Scores are scaled by 1/sqrt(E); products and softmax are
// accumulated in float32. All three may be views of one fused tensor [N, H + 2G, E]: only the last axis must be contiguous, else it is copied.
at::Tensor causal_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, std::span<const AttentionRow> rows);
at::Tensor causal_attention_reference(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                                      std::span<const AttentionRow> rows);

}  // namespace manabi::tensor
