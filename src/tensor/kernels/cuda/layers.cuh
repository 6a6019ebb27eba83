// The layers' passes on a GPU (layers.h), file by file.
#pragma once

#include "tensor/kernels/layers.h"

namespace manabi::tensor::kernels {

constexpr int64_t kLargestHeadOnGpu = 128;

void layer_norm_on_gpu(std::span<const LayerNormRows> passes);
void layer_norm_gradient_on_gpu(std::span<const LayerNormGradientRows> passes);
void rms_norm_on_gpu(std::span<const RmsNormRows> passes);
void rms_norm_gradient_on_gpu(std::span<const RmsNormGradientRows> passes);
void gate_gradient_on_gpu(std::span<const GateGradientRows> passes);
void activate_on_gpu(std::span<const ActivationRows> passes);
void activate_gradient_on_gpu(std::span<const ActivationGradientRows> passes);
void embed_on_gpu(std::span<const EmbeddingRows> passes);
void embed_gradient_on_gpu(std::span<const EmbeddingGradientRows> passes);
void attend_on_gpu(std::span<const RowAttention> first_rows, int64_t rows);
void attend_gradient_on_gpu(std::span<const RowAttentionGradient> first_rows, int64_t rows);
void cross_entropy_on_gpu(const ReplicaCrossEntropy& pass);
void adam_on_gpu(std::span<const AdamRun> runs);

}  // namespace manabi::tensor::kernels
