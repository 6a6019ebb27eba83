// The CPU kernels, compiled once for each set of instructions from the same sources (simd/). A call site asks for the table of its format and
// never names instructions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/kernels/attention.h"
#include "tensor/kernels/cpu.h"
#include "tensor/kernels/passes.h"
#include "tensor/kernels/training.h"
#include "tensor/kernels/vocabulary.h"

namespace manabi::tensor::kernels {

struct Kernels {
  const char* instructions;  // "avx2", "avx512"

  // Bytes of scratch, aligned to 64, that attend needs for a block of that many queries (tokens x heads).
  size_t (*attention_scratch_bytes)(int64_t queries, int64_t width);
  // Online softmax over blocks of 64 positions. A query's result depends on its own positions alone, bit for bit: not on the other queries of
  // the block, nor on where the segments are cut.
  void (*attend)(const AttentionBlock& block, void* scratch);

  void (*norm_rows)(const NormRows& pass);
  void (*gate_rows)(const GateRows& pass);
  void (*rotate_tokens)(const RotateTokens& pass);

  // Bytes of scratch, aligned to 64, for that many rows.
  size_t (*vocabulary_scratch_bytes)(int64_t rows, int64_t width);
  // Both accumulate and keep logits in float32 in either format. A row's result does not depend on the other rows, bit for bit.
  // result [rows]: log of the sum of exp(logit) over these tokens.
  void (*log_sum_exp)(const VocabularyPart& part, float* result, void* scratch);
  // logits [rows, tokens], rows `stride` elements apart.
  void (*logits)(const VocabularyPart& part, float* logits, int64_t stride, void* scratch);

  TrainingKernels training;
};

// The fastest kernels that this processor can run for a format, or null.
const Kernels* find_kernels(Format format);

// All that it can run, for tests: null after the last one.
const Kernels* const* runnable_kernels(Format format);

}  // namespace manabi::tensor::kernels
