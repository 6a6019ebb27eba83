// The weights of a transformer, and its simplest parts.
//
// Letters: N tokens, D width, H query heads, G key-value heads, E width of a head, F width of the MLP, V vocabulary, P positions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "tensor/linear.h"

namespace manabi::model {

// Layer norm with gain and shift, root-mean-square norm with a gain alone, nothing without either.
struct Norm {
  at::Tensor gain;   // [D]
  at::Tensor shift;  // [D]
  double epsilon = 1e-5;

  at::Tensor operator()(const at::Tensor& hidden) const;  // [N, D] -> [N, D]
  // residual [N, D] += update [N, D] in place, then the norm of the sum.
  at::Tensor of_sum(at::Tensor& residual, const at::Tensor& update) const;
};

struct Affine {
  tensor::Linear weight;
  at::Tensor bias;  // [outputs], or undefined

  at::Tensor operator()(const at::Tensor& input) const;  // [N, inputs] -> [N, outputs]
  bool is_defined() const { return weight.outputs() > 0; }
};

// Products that read the same input are one matrix. Only the last layer keeps queries apart: it asks them of fewer tokens than keys.
struct TransformerLayer {
  Norm attention_norm;
  Affine queries;        // [H E, D]; last layer only
  Affine heads;          // [(H + 2 G) E, D]: queries, keys, values; last layer: [2 G E, D], keys and values
  Affine attention_out;  // [D, H E]
  Norm mlp_norm;
  Affine up;    // [F, D], or [2 F, D]: gate, up
  Affine down;  // [D, F]
};

// weight [outputs, inputs] of any layout, bias [outputs] or undefined.
Affine affine_of(const at::Tensor& weight, const at::Tensor& bias);
// Queries, keys and values from one matrix [query_width + 2 kv_width, D] and its bias, laid out as the layer's place asks.
void place_heads(TransformerLayer& layer, const at::Tensor& weight, const at::Tensor& bias, int64_t query_width, bool is_last);

// The joined matrix again, wherever the layer keeps it: [query_width + 2 kv_width, D] and its bias, or undefined.
struct PlainDense {
  at::Tensor weight, bias;
};
PlainDense joined_heads(const TransformerLayer& layer);

struct TransformerWeights {
  at::Tensor embedding;  // [V, D]
  at::Tensor positions;  // [P, D], added to the embedding; undefined: nothing is
  std::vector<TransformerLayer> layers;
  Norm final_norm;
  at::Tensor unembedding;  // [V, D]; the embedding itself when tied
  int64_t parameters = 0;  // of the checkpoint
};

}  // namespace manabi::model
