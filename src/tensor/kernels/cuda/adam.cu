#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr int kThreads = 256;

__global__ void move(const __grid_constant__ Passes<AdamRun> runs) {
  const AdamRun& run = runs.of[blockIdx.y];
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= run.count) return;
  const float gradient = run.gradient[i] * run.gradient_scale;
  const float first = run.first[i] + (gradient - run.first[i]) * (1 - run.beta1);
  const float second = run.second[i] * run.beta2 + gradient * gradient * (1 - run.beta2);
  run.first[i] = first;
  run.second[i] = second;
  run.values[i] = run.values[i] * run.kept - run.step * first / (sqrtf(second) * run.correction + run.epsilon);
}

}  // namespace

void adam_on_gpu(std::span<const AdamRun> runs) {
  launch_together(runs, [](const Passes<AdamRun>& group, unsigned count, cudaStream_t stream) {
    int64_t most = 0;
    for (unsigned run = 0; run < count; ++run) most = std::max(most, group.of[run].count);
    if (most > 0) move<<<dim3(blocks_for(most, kThreads), count), kThreads, 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
