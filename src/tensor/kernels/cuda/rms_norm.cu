#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

__global__ void norm_rows(const __grid_constant__ Passes<RmsNormRows> passes) {
  const RmsNormRows& pass = passes.of[blockIdx.y];
  const int64_t row = own_row(), begin = row * pass.width;
  if (row >= pass.rows) return;
  float squares = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) {
    float value = pass.input[begin + i];
    if (pass.update) {
      value += pass.update[begin + i];
      pass.sum[begin + i] = value;
    }
    squares += value * value;
  }
  const float* values = (pass.update ? pass.sum : pass.input) + begin;
  const float inverse = 1 / sqrtf(sum_over_warp(squares) / static_cast<float>(pass.width) + pass.epsilon);
  if (threadIdx.x == 0) pass.inverses[row] = inverse;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) pass.output[begin + i] = values[i] * inverse * pass.gain[i];
}

// With n = sum / size and g = output gradient * gain: d sum = (g - n * mean(g n)) / size.
__global__ void send_back_rows(const __grid_constant__ Passes<RmsNormGradientRows> passes) {
  const RmsNormGradientRows& pass = passes.of[blockIdx.y];
  const int64_t row = own_row(), begin = row * pass.width;
  if (row >= pass.rows) return;
  const float inverse = pass.inverses[row];
  float along = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp)
    along += pass.output_gradient[begin + i] * pass.gain[i] * pass.sum[begin + i] * inverse;
  const float mean_along = sum_over_warp(along) / static_cast<float>(pass.width);
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) {
    const float gradient = pass.output_gradient[begin + i] * pass.gain[i] - pass.sum[begin + i] * inverse * mean_along;
    const float direct = pass.sum_gradient ? pass.sum_gradient[begin + i] : 0;
    pass.input_gradient[begin + i] = gradient * inverse + direct;
  }
}

__global__ void __launch_bounds__(kWarp* kWarp) send_back_gain(const __grid_constant__ Passes<RmsNormGradientRows> passes) {
  const RmsNormGradientRows& pass = passes.of[blockIdx.y];
  add_column_sums(pass.gain_gradient, pass.rows, pass.width, [&](int64_t row, int64_t i) {
    return pass.output_gradient[row * pass.width + i] * pass.sum[row * pass.width + i] * pass.inverses[row];
  });
}

}  // namespace

void rms_norm_on_gpu(std::span<const RmsNormRows> passes) {
  launch_together(passes, [](const Passes<RmsNormRows>& group, unsigned count, cudaStream_t stream) {
    const dim3 grid(blocks_for(group.of[0].rows, kRowsPerBlock), count);
    if (grid.x > 0) norm_rows<<<grid, dim3(kWarp, kRowsPerBlock), 0, stream>>>(group);
  });
}

void rms_norm_gradient_on_gpu(std::span<const RmsNormGradientRows> passes) {
  launch_together(passes, [](const Passes<RmsNormGradientRows>& group, unsigned count, cudaStream_t stream) {
    const RmsNormGradientRows& size = group.of[0];
    if (size.rows == 0) return;
    send_back_rows<<<dim3(blocks_for(size.rows, kRowsPerBlock), count), dim3(kWarp, kRowsPerBlock), 0, stream>>>(group);
    if (size.gain_gradient) send_back_gain<<<dim3(blocks_for(size.width, kWarp), count), dim3(kWarp, kWarp), 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
