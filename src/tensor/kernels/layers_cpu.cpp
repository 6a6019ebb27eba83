#include <algorithm>
#include <limits>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/layers.h"
#include "tensor/kernels/scratch.h"

namespace manabi::tensor::kernels {
namespace {

const TrainingKernels& kernels() { return find_kernels(Format::float32)->training; }

// Each pass on its own.
template <auto kernel, class Pass>
void one_by_one(std::span<const Pass> passes) {
  for (const Pass& pass : passes) (kernels().*kernel)(pass);
}

void embed(std::span<const EmbeddingRows> passes) {
  for (const EmbeddingRows& pass : passes)
    for (int64_t row = 0; row < pass.rows; ++row)
      std::copy_n(pass.table + pass.ids[row] * pass.width, pass.width, pass.output + row * pass.width);
}

void embed_gradient(std::span<const EmbeddingGradientRows> passes) {
  for (const EmbeddingGradientRows& pass : passes) {
    for (int64_t row = 0; row < pass.rows; ++row) {
      const float* from = pass.output_gradient + row * pass.width;
      float* to = pass.table_gradient + pass.ids[row] * pass.width;
      for (int64_t i = 0; i < pass.width; ++i) to[i] += from[i];
    }
  }
}

// Row `row` of the batch whose first row is given.
RowAttention row_of(RowAttention first, int64_t row) {
  const int64_t positions = row * first.length;
  first.projections += positions * 3 * first.heads * first.width;
  first.output += positions * first.heads * first.width;
  first.normalisers += positions * first.heads;
  return first;
}

RowAttentionGradient row_of(RowAttentionGradient first, int64_t row) {
  const int64_t values = row * first.forward.length * first.forward.heads * first.forward.width;
  first.forward = row_of(first.forward, row);
  first.output_gradient += values;
  first.projection_gradient += 3 * values;
  return first;
}

void attend(std::span<const RowAttention> first_rows, int64_t rows) {
  if (first_rows.empty()) return;
  const Scratch scratch(kernels().attention_scratch_bytes(first_rows.front().length, first_rows.front().width));
  for (const RowAttention& first : first_rows)
    for (int64_t row = 0; row < rows; ++row) kernels().attend(row_of(first, row), scratch.get());
}

void attend_gradient(std::span<const RowAttentionGradient> first_rows, int64_t rows) {
  if (first_rows.empty()) return;
  const RowAttention& size = first_rows.front().forward;
  const Scratch scratch(kernels().attention_scratch_bytes(size.length, size.width));
  for (const RowAttentionGradient& first : first_rows)
    for (int64_t row = 0; row < rows; ++row) kernels().attend_gradient(row_of(first, row), scratch.get());
}

void cross_entropy(const ReplicaCrossEntropy& pass) {
  for (int64_t replica = 0; replica < pass.replicas; ++replica) {
    const float weight = pass.weights[replica];
    const double sum = kernels().cross_entropy({.logits = pass.logits + replica * pass.rows * pass.width,
                                                .targets = pass.targets + replica * pass.rows,
                                                .weight = weight,
                                                .writes_gradient = pass.writes_gradient,
                                                .rows = pass.rows,
                                                .width = pass.width});
    pass.losses[replica] = static_cast<float>(weight * sum);
  }
}

}  // namespace

const LayerKernels* cpu_layer_kernels() {
  static constexpr LayerKernels kLayers = {.largest_head = std::numeric_limits<int64_t>::max(),
                                           .layer_norm = one_by_one<&TrainingKernels::layer_norm>,
                                           .layer_norm_gradient = one_by_one<&TrainingKernels::layer_norm_gradient>,
                                           .rms_norm = one_by_one<&TrainingKernels::rms_norm>,
                                           .rms_norm_gradient = one_by_one<&TrainingKernels::rms_norm_gradient>,
                                           .gate_gradient = one_by_one<&TrainingKernels::gate_gradient>,
                                           .activate = one_by_one<&TrainingKernels::activate>,
                                           .activate_gradient = one_by_one<&TrainingKernels::activate_gradient>,
                                           .embed = embed,
                                           .embed_gradient = embed_gradient,
                                           .attend = attend,
                                           .attend_gradient = attend_gradient,
                                           .cross_entropy = cross_entropy,
                                           .adam = one_by_one<&TrainingKernels::adam>};
  return find_kernels(Format::float32) ? &kLayers : nullptr;
}

#ifndef MANABI_HAS_CUDA
const LayerKernels* cuda_layer_kernels() { return nullptr; }
#endif

}  // namespace manabi::tensor::kernels
