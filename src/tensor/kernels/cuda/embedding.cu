#include <math_constants.h>

#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr int kThreads = 256;

__global__ void copy_rows(const __grid_constant__ Passes<EmbeddingRows> passes) {
  const EmbeddingRows& pass = passes.of[blockIdx.y];
  const int64_t i = own_element();
  if (i >= pass.rows * pass.width) return;
  const int64_t id = pass.ids[i / pass.width];
  pass.output[i] = id >= 0 && id < pass.vocabulary ? pass.table[id * pass.width + i % pass.width] : CUDART_NAN_F;
}

// Whether the id of `row` stands at an earlier row too. The same in all threads of the block.
__device__ bool stands_earlier(const int64_t* ids, int64_t row) {
  bool found = false;
  for (int64_t i = threadIdx.x; i < row; i += kThreads) found |= ids[i] == ids[row];
  return __syncthreads_or(found);
}

// The block of an id's first row adds all rows of that id, in their order.
__global__ void add_rows(const __grid_constant__ Passes<EmbeddingGradientRows> passes) {
  const EmbeddingGradientRows& pass = passes.of[blockIdx.y];
  const int64_t first = blockIdx.x, id = pass.ids[first];
  if (id < 0 || id >= pass.vocabulary || stands_earlier(pass.ids, first)) return;
  __shared__ unsigned matches[kThreads / kWarp];
  for (int64_t column_begin = 0; column_begin < pass.width; column_begin += kThreads) {
    const int64_t column = column_begin + threadIdx.x;
    float sum = 0;
    for (int64_t begin = first; begin < pass.rows; begin += kThreads) {
      const int64_t row = begin + threadIdx.x;
      const unsigned lanes = __ballot_sync(kAllLanes, row < pass.rows && pass.ids[row] == id);
      if (threadIdx.x % kWarp == 0) matches[threadIdx.x / kWarp] = lanes;
      __syncthreads();
      for (int warp = 0; warp < kThreads / kWarp; ++warp)
        for (unsigned rest = matches[warp]; rest != 0; rest &= rest - 1)
          if (column < pass.width) sum += pass.output_gradient[(begin + warp * kWarp + __ffs(rest) - 1) * pass.width + column];
      __syncthreads();
    }
    if (column < pass.width) pass.table_gradient[id * pass.width + column] += sum;
  }
}

}  // namespace

void embed_on_gpu(std::span<const EmbeddingRows> passes) { launch_elements(passes, copy_rows); }

void embed_gradient_on_gpu(std::span<const EmbeddingGradientRows> passes) {
  launch_together(passes, [](const Passes<EmbeddingGradientRows>& group, unsigned count, cudaStream_t stream) {
    const dim3 grid(blocks_for(group.of[0].rows, 1), count);
    if (grid.x > 0) add_rows<<<grid, kThreads, 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
