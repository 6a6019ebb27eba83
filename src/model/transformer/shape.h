// What makes a transformer beside its weights: one description for all families.
#pragma once

#include <cstdint>

#include "tensor/kernels/training.h"

namespace manabi::model {

// Where norms stand: before each part of a block and after the last block (GPT-2, Llama), after each sum (the first transformers), or nowhere.
enum class Norms { before, after, none };

// none: blocks of attention alone. gated: silu(gate) * up (Llama). GELU in its tanh form.
enum class Mlp { none, gated, gelu, relu };

struct TransformerShape {
  int64_t width = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_width = 0;
  int64_t vocabulary = 0;
  int64_t context = 0;
  Norms norms = Norms::before;
  Mlp mlp = Mlp::gated;
  tensor::kernels::AttentionWeights attention = tensor::kernels::AttentionWeights::softmax;
};

}  // namespace manabi::model
