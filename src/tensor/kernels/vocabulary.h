// Logits over a vocabulary: their normaliser without storing them, or all of them.
#pragma once

#include <cstddef>
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
  int64_t width = 0;        // even in bfloat16
  float* result = nullptr;  // [rows]: log of the sum of exp(logit) over these tokens
};

// Bytes of scratch, aligned to 64, for that many rows.
size_t vocabulary_scratch_bytes(int64_t rows, int64_t width);

// Both accumulate and keep logits in float32 in either format. A row's result does not depend on the other rows, bit for bit.
// result [rows]: log of the sum of exp(logit) over these tokens.
void log_sum_exp_avx512(const VocabularyPart& part, float* result, void* scratch);
// logits [rows, tokens], rows `stride` elements apart.
void logits_avx512(const VocabularyPart& part, float* logits, int64_t stride, void* scratch);

}  // namespace manabi::tensor::kernels
