#include <cuda_runtime.h>

#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {

namespace {

__global__ void nothing() {}

// Whether the card and the driver run what this file was compiled for. (libtorch may serve older cards than the kernels here.)
bool is_runnable() {
  cudaFuncAttributes attributes;
  const bool is_served = cudaFuncGetAttributes(&attributes, nothing) == cudaSuccess;
  cudaGetLastError();  // forgets the failure
  return is_served;
}

}  // namespace

const LayerKernels* cuda_layer_kernels() {
  static constexpr LayerKernels kLayers = {.largest_head = kLargestHeadOnGpu,
                                           .layer_norm = layer_norm_on_gpu,
                                           .layer_norm_gradient = layer_norm_gradient_on_gpu,
                                           .rms_norm = rms_norm_on_gpu,
                                           .rms_norm_gradient = rms_norm_gradient_on_gpu,
                                           .gate_gradient = gate_gradient_on_gpu,
                                           .activate = activate_on_gpu,
                                           .activate_gradient = activate_gradient_on_gpu,
                                           .embed = embed_on_gpu,
                                           .embed_gradient = embed_gradient_on_gpu,
                                           .attend = attend_on_gpu,
                                           .attend_gradient = attend_gradient_on_gpu,
                                           .cross_entropy = cross_entropy_on_gpu,
                                           .adam = adam_on_gpu};
  static const bool is_served = is_runnable();
  return is_served ? &kLayers : nullptr;
}

}  // namespace manabi::tensor::kernels
