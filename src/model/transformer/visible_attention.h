// Attention that can be looked at: scores and patterns lie in memory, one row after the other. For rows at which somebody looks, and for forms
// that no fused kernel computes.
//
// Letters: N tokens of all rows, T tokens of one, S positions that they see, H query heads, G key-value heads, E width of a head.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>

#include "tensor/attention.h"
#include "tensor/kernels/training.h"

namespace manabi::model {

// Called with a row's number among `rows` and its matrices [H, T, S] in float32, which may be written over.
using SeeMatrices = std::function<void(size_t row, const at::Tensor& matrices)>;

struct VisibleAttention {
  tensor::kernels::AttentionWeights form = tensor::kernels::AttentionWeights::softmax;
  SeeMatrices see_scores;   // or null; what lies ahead of a query is minus infinity
  SeeMatrices see_pattern;  // or null
};

// As tensor::causal_attention: queries [N, H, E], keys and values [N, G, E] -> [N, H, E].
at::Tensor attend_visibly(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                          std::span<const tensor::AttentionRow> rows, const VisibleAttention& how);

}  // namespace manabi::model
