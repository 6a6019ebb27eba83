// The weights of a transformer as tuning reads them: every matrix by itself in its plain layout, never written to, shared by threads and by all
// that is tuned on it.
//
// Letters: D width, H query heads, G key-value heads, E width of a head, F width of the MLP, V vocabulary, O outputs, I inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/transformer/rotation.h"
#include "model/transformer/shape.h"
#include "model/transformer/weights.h"
#include "tensor/device.h"
#include "text/tokenizer.h"

namespace manabi::model {

class CausalLM;

struct FrozenDense {
  at::Tensor weight;  // [O, I]
  at::Tensor bias;    // [O] float32, or undefined
};

struct FrozenLayer {
  Norm attention_norm;
  FrozenDense heads;          // [(H + 2 G) E, D]: queries, keys, values
  FrozenDense attention_out;  // [D, H E]
  Norm mlp_norm;
  FrozenDense up;    // [F, D], or [2 F, D]: gate, up; undefined without an MLP
  FrozenDense down;  // [D, F]
};

struct FrozenNetwork {
  TransformerShape shape;
  std::optional<Rotation> rotation;
  at::Tensor embedding;  // [V, D]
  at::Tensor positions;  // [P, D] float32, or undefined
  std::vector<FrozenLayer> layers;
  Norm final_norm;         // all norms in float32
  at::Tensor unembedding;  // [V, D]; the embedding itself when tied
  bool is_tied = false;
  int64_t parameters = 0;

  // The embeddings of these tokens, [N, D] float32.
  at::Tensor embedded(std::span<const text::TokenId> tokens) const;
  int64_t query_width() const { return shape.heads * shape.head_width; }
  int64_t kv_width() const { return shape.kv_heads * shape.head_width; }
};

// Matrices in `dtype`. Throws base::Error for linear attention: it cannot be tuned here.
std::shared_ptr<const FrozenNetwork> freeze(const TransformerShape& shape, const TransformerWeights& weights,
                                            const std::optional<Rotation>& rotation, at::ScalarType dtype);

// The network as it is, as a model that reads; with the dtype and device of `compute`.
std::unique_ptr<CausalLM> language_model_of(const FrozenNetwork& network, const tensor::Compute& compute);

}  // namespace manabi::model
