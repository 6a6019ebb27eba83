#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

// With s = sigmoid(gate): d gate = output gradient * up * s * (1 + gate * (1 - s)), d up = output gradient * gate * s.
__global__ void send_back(const __grid_constant__ Passes<GateGradientRows> passes) {
  const GateGradientRows& pass = passes.of[blockIdx.y];
  const int64_t i = own_element();
  if (i >= pass.rows * pass.width) return;
  const int64_t gate_place = i / pass.width * 2 * pass.width + i % pass.width, up_place = gate_place + pass.width;
  const float gate = pass.gate_up[gate_place], up = pass.gate_up[up_place], share = 1 / (1 + expf(-gate));
  pass.gate_up_gradient[gate_place] = pass.output_gradient[i] * up * share * (1 + gate * (1 - share));
  pass.gate_up_gradient[up_place] = pass.output_gradient[i] * gate * share;
}

}  // namespace

void gate_gradient_on_gpu(std::span<const GateGradientRows> passes) { launch_elements(passes, send_back); }

}  // namespace manabi::tensor::kernels
