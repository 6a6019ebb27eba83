// How the passes of several replicas become one launch, and what their kernels share.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "tensor/kernels/cuda/stream.h"

namespace manabi::tensor::kernels {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffff;
constexpr int kMostTogether = 16;  // passes of one launch: they travel as its arguments

template <class Pass>
struct Passes {
  Pass of[kMostTogether];
};

inline unsigned blocks_for(int64_t count, int64_t per_block) { return static_cast<unsigned>((count + per_block - 1) / per_block); }

inline void check_launch() {
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(error));
}

// Calls launch(passes, count, stream) for all of them, sixteen at a time. An empty pass would be an empty grid, which CUDA refuses.
template <class Pass, class Launch>
void launch_together(std::span<const Pass> passes, const Launch& launch) {
  const auto stream = static_cast<cudaStream_t>(current_stream());
  for (size_t begin = 0; begin < passes.size(); begin += kMostTogether) {
    const std::span<const Pass> some = passes.subspan(begin, std::min<size_t>(kMostTogether, passes.size() - begin));
    Passes<Pass> group;
    std::copy(some.begin(), some.end(), group.of);
    launch(group, static_cast<unsigned>(some.size()), stream);
    check_launch();
  }
}

constexpr int kElementsPerBlock = 256;

// The number of rows * width that this thread owns, where a kernel has one a thread; it may lie behind the last.
__device__ inline int64_t own_element() { return static_cast<int64_t>(blockIdx.x) * kElementsPerBlock + threadIdx.x; }

// Runs kernel(passes) with a thread for each of the rows * width numbers of every pass.
template <class Pass, class Kernel>
void launch_elements(std::span<const Pass> passes, Kernel kernel) {
  launch_together(passes, [&](const Passes<Pass>& group, unsigned count, cudaStream_t stream) {
    const dim3 grid(blocks_for(group.of[0].rows * group.of[0].width, kElementsPerBlock), count);
    if (grid.x > 0) kernel<<<grid, kElementsPerBlock, 0, stream>>>(group);
  });
}

constexpr int kRowsPerBlock = 8;  // a warp each

// The row of this warp, where a kernel has a row a warp; it may lie behind the last.
__device__ inline int64_t own_row() { return static_cast<int64_t>(blockIdx.x) * kRowsPerBlock + threadIdx.y; }

// The same in every lane.
__device__ inline float sum_over_warp(float value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
  return value;
}

__device__ inline float largest_of_warp(float value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, distance));
  return value;
}

// to[column] += the sum over the rows of value_at(row, column), by a block of (32, 32) threads for 32 columns. `to` may be null.
template <class Value>
__device__ void add_column_sums(float* to, int64_t rows, int64_t width, const Value& value_at) {
  if (!to) return;
  __shared__ float sums[kWarp][kWarp + 1];
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kWarp + threadIdx.x;
  float sum = 0;
  if (column < width)
    for (int64_t row = threadIdx.y; row < rows; row += kWarp) sum += value_at(row, column);
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  const float total = sum_over_warp(sums[threadIdx.x][threadIdx.y]);
  const int64_t summed = static_cast<int64_t>(blockIdx.x) * kWarp + threadIdx.y;
  if (threadIdx.x == 0 && summed < width) to[summed] += total;
  __syncthreads();
}

}  // namespace manabi::tensor::kernels
