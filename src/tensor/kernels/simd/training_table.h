// The training kernels of the instructions that a file is compiled for.
#pragma once

#include "tensor/kernels/simd/product_kernel.h"
#include "tensor/kernels/simd/row_attention_kernel.h"
#include "tensor/kernels/simd/training_kernel.h"
#include "tensor/kernels/simd/tuning_kernel.h"

namespace manabi::tensor::kernels {
namespace {

constexpr TrainingKernels kTrainingKernels = {.product_scratch_bytes = product_scratch_bytes,
                                              .multiply = multiply_matrices,
                                              .layer_norm = layer_norm,
                                              .layer_norm_gradient = layer_norm_gradient,
                                              .rms_norm = rms_norm,
                                              .rms_norm_gradient = rms_norm_gradient,
                                              .gate_gradient = gate_gradient,
                                              .activate = activate,
                                              .activate_gradient = activate_gradient,
                                              .attention_scratch_bytes = row_attention_scratch_bytes,
                                              .attend = attend_row,
                                              .attend_gradient = attend_row_gradient,
                                              .cross_entropy = cross_entropy,
                                              .add_and_square = add_and_square,
                                              .adam = adam};

}  // namespace
}  // namespace manabi::tensor::kernels
