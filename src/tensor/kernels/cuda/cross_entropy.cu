#include <math_constants.h>

#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;

// Both give the same in all threads of the block.
__device__ float sum_over_block(float value) {
  __shared__ float sums[kWarps];
  value = sum_over_warp(value);
  __syncthreads();
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = value;
  __syncthreads();
  float total = 0;
  for (int warp = 0; warp < kWarps; ++warp) total += sums[warp];
  return total;
}

__device__ float largest_of_block(float value) {
  __shared__ float largest[kWarps];
  value = largest_of_warp(value);
  __syncthreads();
  if (threadIdx.x % kWarp == 0) largest[threadIdx.x / kWarp] = value;
  __syncthreads();
  float most = -CUDART_INF_F;
  for (int warp = 0; warp < kWarps; ++warp) most = fmaxf(most, largest[warp]);
  return most;
}

// A block a row. A target outside the row has a loss that is not a number.
__global__ void judge_rows(ReplicaCrossEntropy pass) {
  const int64_t row = blockIdx.x, target = pass.targets[row];
  const float weight = pass.weights[row / pass.rows];
  float* logits = pass.logits + row * pass.width;
  const bool counts = target >= 0;
  float most = -CUDART_INF_F;
  for (int64_t i = threadIdx.x; i < pass.width; i += kThreads) most = fmaxf(most, logits[i]);
  most = largest_of_block(most);
  float sum = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kThreads) sum += expf(logits[i] - most);
  sum = sum_over_block(sum);
  const float chosen = counts ? (target < pass.width ? logits[target] : CUDART_NAN_F) : 0;
  __syncthreads();
  if (threadIdx.x == 0) pass.row_losses[row] = counts ? most - chosen + logf(sum) : 0;
  if (!pass.writes_gradient) return;
  for (int64_t i = threadIdx.x; i < pass.width; i += kThreads)
    logits[i] = counts ? weight * (expf(logits[i] - most) / sum - (i == target ? 1.0f : 0.0f)) : 0;
}

// A block a replica.
__global__ void add_losses(ReplicaCrossEntropy pass) {
  const float* of_rows = pass.row_losses + blockIdx.x * pass.rows;
  float sum = 0;
  for (int64_t row = threadIdx.x; row < pass.rows; row += kThreads) sum += of_rows[row];
  sum = sum_over_block(sum);
  if (threadIdx.x == 0) pass.losses[blockIdx.x] = pass.weights[blockIdx.x] * sum;
}

}  // namespace

void cross_entropy_on_gpu(const ReplicaCrossEntropy& pass) {
  const auto stream = static_cast<cudaStream_t>(current_stream());
  const unsigned rows = blocks_for(pass.replicas * pass.rows, 1);
  if (pass.replicas == 0) return;
  if (rows > 0) judge_rows<<<rows, kThreads, 0, stream>>>(pass);
  add_losses<<<static_cast<unsigned>(pass.replicas), kThreads, 0, stream>>>(pass);
  check_launch();
}

}  // namespace manabi::tensor::kernels
