// Logits over a vocabulary: their normaliser without storing them, or all of them.
#pragma once

#include <cstdint>

#include "tensor/kernels/cpu.h"

namespace manabi::tensor::kernels {

// Some consecutive tokens of the vocabulary against all rows. Both matrices are contiguous.
struct VocabularyPart {
  Format format = Format::float32;
  const void* hidden = nullptr;       // [rows, width]
  const void* unembedding = nullptr;  // [tokens, width]
  int64_t rows = 0;
  int64_t tokens = 0;
  int64_t width = 0;  // even in bfloat16
};

}  // namespace manabi::tensor::kernels
