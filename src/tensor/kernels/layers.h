// The passes of training for R replicas at once, wherever their memory lies: one pass a replica. On a CPU they run one after the other on the
// calling thread, on a GPU in one launch on libtorch's current stream. There every sum has a fixed order (no atomics): equal calls give equal
// bits.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {

// output [rows, width] = the rows of the table that the ids name.
struct EmbeddingRows {
  const float* table = nullptr;  // [vocabulary, width]
  const int64_t* ids = nullptr;  // [rows]; on a GPU one outside the table gives rows that are not a number
  int64_t vocabulary = 0;
  float* output = nullptr;
  int64_t rows = 0;
  int64_t width = 0;
};

struct EmbeddingGradientRows {
  const int64_t* ids = nullptr;  // [rows]; on a GPU one outside the table is left out
  int64_t vocabulary = 0;
  const float* output_gradient = nullptr;  // [rows, width]
  float* table_gradient = nullptr;         // [vocabulary, width], added to
  int64_t rows = 0;
  int64_t width = 0;
};

// Cross-entropy in nats of the logits of all replicas, which follow one another, each with a weight of its own. With `writes_gradient` the
// logits are replaced by the gradient of the weighted losses.
struct ReplicaCrossEntropy {
  float* logits = nullptr;           // [replicas, rows, width]
  const int64_t* targets = nullptr;  // [replicas, rows]; a negative one leaves its row out
  const float* weights = nullptr;    // [replicas]
  float* row_losses = nullptr;       // [replicas, rows], room for the sums of a GPU
  float* losses = nullptr;           // [replicas]: weight times the sum over the rows
  bool writes_gradient = false;
  int64_t replicas = 0;
  int64_t rows = 0;
  int64_t width = 0;
};

struct LayerKernels {
  int64_t largest_head;  // the widest head that attention takes

  void (*layer_norm)(std::span<const LayerNormRows> passes);
  void (*layer_norm_gradient)(std::span<const LayerNormGradientRows> passes);
  void (*rms_norm)(std::span<const RmsNormRows> passes);
  void (*rms_norm_gradient)(std::span<const RmsNormGradientRows> passes);
  void (*gate_gradient)(std::span<const GateGradientRows> passes);
  void (*activate)(std::span<const ActivationRows> passes);
  void (*activate_gradient)(std::span<const ActivationGradientRows> passes);
  void (*embed)(std::span<const EmbeddingRows> passes);
  void (*embed_gradient)(std::span<const EmbeddingGradientRows> passes);
  // Each pass is the first of `rows` rows of a batch whose tensors follow one another.
  void (*attend)(std::span<const RowAttention> first_rows, int64_t rows);
  void (*attend_gradient)(std::span<const RowAttentionGradient> first_rows, int64_t rows);
  void (*cross_entropy)(const ReplicaCrossEntropy& pass);
  void (*adam)(std::span<const AdamRun> runs);
};

// Null where this processor runs no kernel of ours.
const LayerKernels* cpu_layer_kernels();
// Null in a build without CUDA's compiler, and where the first card or its driver does not run what that made.
const LayerKernels* cuda_layer_kernels();

}  // namespace manabi::tensor::kernels
