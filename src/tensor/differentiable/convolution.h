// Convolutions as patches times a matrix: the product is the dense layer's, so that replicas, gradients and kernels are the same. Images keep
// their channels innermost: a row of a patch is one run of memory.
//
// Letters: R replicas, B images of one replica, S side of a map, k side of a window, I and O channels before and after.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace manabi::tensor {

struct Window {
  int64_t side = 3;  // k
  int64_t stride = 1;
  int64_t padding = 0;  // zeros on every edge

  int64_t places(int64_t map_side) const { return (map_side + 2 * padding - side) / stride + 1; }  // S'
};

// input [R, B, S, S, I], weight [R, O, k k I] -> [R, B, S', S', O].
at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const Window& window);
at::Tensor convolve_reference(const at::Tensor& input, const at::Tensor& weight, const Window& window);

}  // namespace manabi::tensor
