#include "tensor/kernels/cuda/launch.cuh"
#include "tensor/kernels/cuda/layers.cuh"

namespace manabi::tensor::kernels {
namespace {

__global__ void norm_rows(const __grid_constant__ Passes<LayerNormRows> passes) {
  const LayerNormRows& pass = passes.of[blockIdx.y];
  const int64_t row = own_row(), begin = row * pass.width;
  if (row >= pass.rows) return;
  float total = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) {
    float value = pass.input[begin + i];
    if (pass.update) {
      value += pass.update[begin + i];
      if (pass.update_bias) value += pass.update_bias[i];
      pass.sum[begin + i] = value;
    }
    total += value;
  }
  const float* values = (pass.update ? pass.sum : pass.input) + begin;
  const float mean = sum_over_warp(total) / static_cast<float>(pass.width);
  float squares = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) squares += (values[i] - mean) * (values[i] - mean);
  const float inverse = 1 / sqrtf(sum_over_warp(squares) / static_cast<float>(pass.width) + pass.epsilon);
  if (threadIdx.x == 0) {
    pass.statistics[2 * row] = mean;
    pass.statistics[2 * row + 1] = inverse;
  }
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) pass.output[begin + i] = (values[i] - mean) * inverse * pass.gain[i] + pass.shift[i];
}

__device__ float normed(const LayerNormGradientRows& pass, int64_t row, int64_t i) {
  return (pass.sum[row * pass.width + i] - pass.statistics[2 * row]) * pass.statistics[2 * row + 1];
}

// With n = (sum - mean) / deviation and g = output gradient * gain: d sum = (g - mean(g) - n * mean(g n)) / deviation.
__global__ void send_back_rows(const __grid_constant__ Passes<LayerNormGradientRows> passes) {
  const LayerNormGradientRows& pass = passes.of[blockIdx.y];
  const int64_t row = own_row(), begin = row * pass.width;
  if (row >= pass.rows) return;
  float total = 0, along = 0;
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) {
    const float gradient = pass.output_gradient[begin + i] * pass.gain[i];
    total += gradient;
    along += gradient * normed(pass, row, i);
  }
  const float mean = sum_over_warp(total) / static_cast<float>(pass.width);
  const float mean_along = sum_over_warp(along) / static_cast<float>(pass.width);
  for (int64_t i = threadIdx.x; i < pass.width; i += kWarp) {
    const float gradient = pass.output_gradient[begin + i] * pass.gain[i] - mean - normed(pass, row, i) * mean_along;
    const float direct = pass.sum_gradient ? pass.sum_gradient[begin + i] : 0;
    pass.input_gradient[begin + i] = gradient * pass.statistics[2 * row + 1] + direct;
  }
}

__global__ void __launch_bounds__(kWarp* kWarp) send_back_parameters(const __grid_constant__ Passes<LayerNormGradientRows> passes) {
  const LayerNormGradientRows& pass = passes.of[blockIdx.y];
  const auto output_gradient = [&](int64_t row, int64_t i) { return pass.output_gradient[row * pass.width + i]; };
  add_column_sums(pass.gain_gradient, pass.rows, pass.width,
                  [&](int64_t row, int64_t i) { return output_gradient(row, i) * normed(pass, row, i); });
  add_column_sums(pass.shift_gradient, pass.rows, pass.width, output_gradient);
  add_column_sums(pass.bias_gradient, pass.rows, pass.width, [&](int64_t row, int64_t i) { return pass.input_gradient[row * pass.width + i]; });
}

}  // namespace

void layer_norm_on_gpu(std::span<const LayerNormRows> passes) {
  launch_together(passes, [](const Passes<LayerNormRows>& group, unsigned count, cudaStream_t stream) {
    const dim3 grid(blocks_for(group.of[0].rows, kRowsPerBlock), count);
    if (grid.x > 0) norm_rows<<<grid, dim3(kWarp, kRowsPerBlock), 0, stream>>>(group);
  });
}

void layer_norm_gradient_on_gpu(std::span<const LayerNormGradientRows> passes) {
  launch_together(passes, [](const Passes<LayerNormGradientRows>& group, unsigned count, cudaStream_t stream) {
    const LayerNormGradientRows& size = group.of[0];
    if (size.rows == 0) return;
    send_back_rows<<<dim3(blocks_for(size.rows, kRowsPerBlock), count), dim3(kWarp, kRowsPerBlock), 0, stream>>>(group);
    send_back_parameters<<<dim3(blocks_for(size.width, kWarp), count), dim3(kWarp, kWarp), 0, stream>>>(group);
  });
}

}  // namespace manabi::tensor::kernels
