#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

constexpr float kSlope = 0.7978845608028654f, kCubic = 0.044715f;  // tanh(sqrt(2 / pi) (x + 0.044715 x^3))

__device__ float bend(float x) { return tanhf(kSlope * (x + kCubic * x * x * x)); }

__device__ float value_of(Activation activation, float x) {
  if (activation == Activation::relu) return x < 0 ? 0 : x;
  return 0.5f * x * (1 + bend(x));
}

__device__ float slope_of(Activation activation, float x) {
  if (activation == Activation::relu) return x > 0 ? 1 : 0;
  const float bent = bend(x);
  return 0.5f * (1 + bent) + 0.5f * x * (1 - bent * bent) * kSlope * (1 + 3 * kCubic * x * x);
}

template <class Pass>
__device__ float argument(const Pass& pass, int64_t i) {
  return pass.bias ? pass.input[i] + pass.bias[i % pass.width] : pass.input[i];
}

__global__ void bend_rows(const __grid_constant__ Passes<ActivationRows> passes) {
  const ActivationRows& pass = passes.of[blockIdx.y];
  const int64_t i = own_element();
  if (i < pass.rows * pass.width) pass.output[i] = value_of(pass.activation, argument(pass, i));
}

__global__ void send_back_rows(const __grid_constant__ Passes<ActivationGradientRows> passes) {
  const ActivationGradientRows& pass = passes.of[blockIdx.y];
  const int64_t i = own_element();
  if (i < pass.rows * pass.width) pass.input_gradient[i] = pass.output_gradient[i] * slope_of(pass.activation, argument(pass, i));
}

__global__ void __launch_bounds__(kWarp* kWarp) send_back_bias(const __grid_constant__ Passes<ActivationGradientRows> passes) {
  const ActivationGradientRows& pass = passes.of[blockIdx.y];
  add_column_sums(pass.bias_gradient, pass.rows, pass.width, [&](int64_t row, int64_t i) { return pass.input_gradient[row * pass.width + i]; });
}

}  // namespace

void activate_on_gpu(std::span<const ActivationRows> passes) { launch_elements(passes, bend_rows); }

void activate_gradient_on_gpu(std::span<const ActivationGradientRows> passes) {
  launch_together(passes, [](const Passes<ActivationGradientRows>& group, unsigned count, cudaStream_t stream) {
    const ActivationGradientRows& size = group.of[0];
    if (size.rows == 0) return;
    send_back_rows<<<dim3(blocks_for(size.rows * size.width, kElementsPerBlock), count), kElementsPerBlock, 0, stream>>>(group);
    if (size.bias_gradient) send_back_bias<<<dim3(blocks_for(size.width, kWarp), count), dim3(kWarp, kWarp), 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
