// Passes of training, forward and backward, in float32 over contiguous rows. A call runs on the calling thread: training gives each thread a
// share of the batch or of the replicas. Gradients of parameters are added to what is there; all other results are written.
#pragma once

#include <cstdint>

namespace manabi::tensor::kernels {

// sum = input + update + update_bias, output = gain * (sum - mean) / sqrt(variance + epsilon) + shift, all [rows, width].
struct LayerNormRows {
  const float* input = nullptr;
  const float* update = nullptr;       // or null: then sum is the input and is not written
  const float* update_bias = nullptr;  // [width] or null
  const float* gain = nullptr;         // [width]
  const float* shift = nullptr;        // [width]
  float epsilon = 0;
  float* sum = nullptr;
  float* output = nullptr;
  float* statistics = nullptr;  // [rows, 2]: mean, 1 / deviation
  int64_t rows = 0;
  int64_t width = 0;
};

struct LayerNormGradientRows {
  const float* sum = nullptr;
  const float* statistics = nullptr;
  const float* gain = nullptr;
  const float* output_gradient = nullptr;
  const float* sum_gradient = nullptr;  // what reaches the sum by other ways, or null
  float* input_gradient = nullptr;      // of input and update alike
  float* gain_gradient = nullptr;       // [width], added to
  float* shift_gradient = nullptr;      // [width], added to
  float* bias_gradient = nullptr;       // [width], added to, or null
  int64_t rows = 0;
  int64_t width = 0;
};

// sum = input + update, output = gain * sum / sqrt(mean(sum^2) + epsilon), all [rows, width].
struct RmsNormRows {
  const float* input = nullptr;
  const float* update = nullptr;  // or null: then sum is the input and is not written
  const float* gain = nullptr;    // [width]
  float epsilon = 0;
  float* sum = nullptr;
  float* output = nullptr;
  float* inverses = nullptr;  // [rows]: 1 / sqrt(mean(sum^2) + epsilon)
  int64_t rows = 0;
  int64_t width = 0;
};

struct RmsNormGradientRows {
  const float* sum = nullptr;
  const float* inverses = nullptr;
  const float* gain = nullptr;
  const float* output_gradient = nullptr;
  const float* sum_gradient = nullptr;  // what reaches the sum by other ways, or null
  float* input_gradient = nullptr;      // of input and update alike
  float* gain_gradient = nullptr;       // [width], added to, or null
  int64_t rows = 0;
  int64_t width = 0;
};

// Of output = silu(gate) * up, gate and up beside each other in gate_up [rows, 2 * width].
struct GateGradientRows {
  const float* gate_up = nullptr;
  const float* output_gradient = nullptr;  // [rows, width]
  float* gate_up_gradient = nullptr;       // [rows, 2 * width]
  int64_t rows = 0;
  int64_t width = 0;
};

// result [rows, columns] = left [rows, depth] x right [depth, columns], or added to what is there. Strides count elements; of each side one
// stride is 1, and the result's columns are contiguous.
struct MatrixProduct {
  int64_t rows = 0, columns = 0, depth = 0;
  const float* left = nullptr;
  int64_t left_row_stride = 0, left_depth_stride = 1;
  const float* right = nullptr;
  int64_t right_depth_stride = 0, right_column_stride = 1;
  float* result = nullptr;
  int64_t result_stride = 0;
  bool adds = false;
  bool rounds_to_bfloat16 = false;  // both sides, before they are multiplied; sums stay in float32
};

enum class Activation { gelu, relu };  // GELU in its tanh form

// output [rows, width] = activation(input + bias).
struct ActivationRows {
  Activation activation = Activation::gelu;
  const float* input = nullptr;
  const float* bias = nullptr;  // [width] or null
  float* output = nullptr;
  int64_t rows = 0;
  int64_t width = 0;
};

struct ActivationGradientRows {
  Activation activation = Activation::gelu;
  const float* input = nullptr;
  const float* bias = nullptr;             // [width] or null
  const float* output_gradient = nullptr;  // [rows, width]
  float* input_gradient = nullptr;         // may be output_gradient
  float* bias_gradient = nullptr;          // [width], added to, or null
  int64_t rows = 0;
  int64_t width = 0;
};

// What a query makes of its scores: their softmax, the scores themselves, or these over the number of positions that it sees.
enum class AttentionWeights { softmax, linear, linear_mean };

// Causal attention within one row of a batch. Queries, keys and values lie beside each other: projections [length, 3, heads, width].
struct RowAttention {
  const float* projections = nullptr;
  const float* bias = nullptr;  // [3, heads, width], added to the projections, or null
  float scale = 1;              // of the scores
  AttentionWeights weights = AttentionWeights::softmax;
  // [length, width / 2] or null: the numbers i and i + width / 2 of a query or key, its bias added, are turned by the angle of position and i.
  const float* cosines = nullptr;
  const float* sines = nullptr;
  float* output = nullptr;       // [length, heads, width]
  float* normalisers = nullptr;  // [heads, length]: log-sum-exp of each query's scores, base 2; linear attention has none
  int64_t length = 0;
  int64_t heads = 0;
  int64_t width = 0;  // of a head
};

struct RowAttentionGradient {
  RowAttention forward;                    // as it ran
  const float* output_gradient = nullptr;  // [length, heads, width]
  float* projection_gradient = nullptr;    // [length, 3, heads, width]
  float* bias_gradient = nullptr;          // [3, heads, width], added to, or null
};

// Cross-entropy in nats of rows of logits against the index of the right one. A negative target leaves its row out. With `weight`, each row's
// logits are replaced by the gradient of weight * cross-entropy.
struct CrossEntropyRows {
  float* logits = nullptr;  // [rows, width]
  const int64_t* targets = nullptr;
  float weight = 0;
  bool writes_gradient = false;
  int64_t rows = 0;
  int64_t width = 0;
};

// One step of Adam with decoupled decay (Loshchilov and Hutter 2019) over a run of parameters, the gradient scaled first:
//   value *= 1 - lr * decay; first, second = running means of gradient and its square; value -= lr * first' / (sqrt(second') + epsilon)
struct AdamRun {
  float* values = nullptr;
  const float* gradient = nullptr;
  float* first = nullptr;
  float* second = nullptr;
  int64_t count = 0;
  float gradient_scale = 1;
  float kept = 1;  // 1 - lr * decay
  float step = 0;  // lr / (1 - beta1^t)
  float beta1 = 0, beta2 = 0;
  float correction = 1;  // 1 / sqrt(1 - beta2^t)
  float epsilon = 0;
};

// What a family of instructions offers for training.
struct TrainingKernels {
  int64_t (*product_scratch_bytes)();  // aligned to 64
  void (*multiply)(const MatrixProduct& product, void* scratch);
  void (*layer_norm)(const LayerNormRows& pass);
  void (*layer_norm_gradient)(const LayerNormGradientRows& pass);
  void (*rms_norm)(const RmsNormRows& pass);
  void (*rms_norm_gradient)(const RmsNormGradientRows& pass);
  void (*gate_gradient)(const GateGradientRows& pass);
  void (*activate)(const ActivationRows& pass);
  void (*activate_gradient)(const ActivationGradientRows& pass);
  // Bytes of scratch, aligned to 64, for either direction.
  int64_t (*attention_scratch_bytes)(int64_t length, int64_t width);
  void (*attend)(const RowAttention& row, void* scratch);
  void (*attend_gradient)(const RowAttentionGradient& row, void* scratch);
  // The sum over the rows.
  double (*cross_entropy)(const CrossEntropyRows& pass);
  // into [count] += from [count]; returns the sum of squares of the result. `from` may be null.
  double (*add_and_square)(float* into, const float* from, int64_t count);
  void (*adam)(const AdamRun& run);
};

}  // namespace manabi::tensor::kernels
