#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr int kThreads = 256;

// With s = sigmoid(gate): d gate = output gradient * up * s * (1 + gate * (1 - s)), d up = output gradient * gate * s.
__global__ void send_back(const __grid_constant__ Passes<GateGradientRows> passes) {
  const GateGradientRows& pass = passes.of[blockIdx.y];
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= pass.rows * pass.width) return;
  const int64_t gate_place = i / pass.width * 2 * pass.width + i % pass.width, up_place = gate_place + pass.width;
  const float gate = pass.gate_up[gate_place], up = pass.gate_up[up_place], share = 1 / (1 + expf(-gate));
  pass.gate_up_gradient[gate_place] = pass.output_gradient[i] * up * share * (1 + gate * (1 - share));
  pass.gate_up_gradient[up_place] = pass.output_gradient[i] * gate * share;
}

}  // namespace

void gate_gradient_on_gpu(std::span<const GateGradientRows> passes) {
  launch_together(passes, [](const Passes<GateGradientRows>& group, unsigned count, cudaStream_t stream) {
    const dim3 grid(blocks_for(group.of[0].rows * group.of[0].width, kThreads), count);
    if (grid.x > 0) send_back<<<grid, kThreads, 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
