// Passes of training (training.h) that blocks of Llama's kind need: root-mean-square norm and gated MLP.
#pragma once

#include "tensor/kernels/simd/lanes.h"
#include "tensor/kernels/simd/training_kernel.h"
#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {
namespace {

inline void rms_norm(const RmsNormRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const int64_t begin = row * pass.width;
    Lanes squares = all_lanes(0);
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      Lanes value = load(pass.input + begin + i, lanes);
      if (pass.update) {
        value = value + load(pass.update + begin + i, lanes);
        store(pass.sum + begin + i, value, lanes);
      }
      squares = multiply_add(value, value, squares);
    }
    const float inverse = 1.0f / __builtin_sqrtf(sum_of(squares) / static_cast<float>(pass.width) + pass.epsilon);
    pass.inverses[row] = inverse;
    const float* values = (pass.update ? pass.sum : pass.input) + begin;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      store(pass.output + begin + i, load(values + i, lanes) * all_lanes(inverse) * load(pass.gain + i, lanes), lanes);
    }
  }
}

// With n = sum * inverse and g = output gradient * gain: d sum = (g - n * mean(g n)) * inverse.
inline void rms_norm_gradient(const RmsNormGradientRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const int64_t begin = row * pass.width;
    const Lanes inverse = all_lanes(pass.inverses[row]);
    Lanes weighted = all_lanes(0);
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes output = load(pass.output_gradient + begin + i, lanes);  // zero beyond the row
      const Lanes normed = load(pass.sum + begin + i, lanes) * inverse;
      weighted = multiply_add(output * load(pass.gain + i, lanes), normed, weighted);
      if (pass.gain_gradient) add_to(pass.gain_gradient + i, output * normed, lanes);
    }
    const Lanes mean_weighted = all_lanes(sum_of(weighted) / static_cast<float>(pass.width));
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes normed = load(pass.sum + begin + i, lanes) * inverse;
      const Lanes scaled = load(pass.output_gradient + begin + i, lanes) * load(pass.gain + i, lanes);
      Lanes gradient = (scaled - normed * mean_weighted) * inverse;
      if (pass.sum_gradient) gradient = gradient + load(pass.sum_gradient + begin + i, lanes);
      store(pass.input_gradient + begin + i, gradient, lanes);
    }
  }
}

// With s = sigmoid(gate): d gate = output gradient * up * s * (1 + gate * (1 - s)), d up = output gradient * gate * s.
inline void gate_gradient(const GateGradientRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const float* gates = pass.gate_up + row * 2 * pass.width;
    float* gradients = pass.gate_up_gradient + row * 2 * pass.width;
    const float* outputs = pass.output_gradient + row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes gate = load(gates + i, lanes), up = load(gates + pass.width + i, lanes), output = load(outputs + i, lanes);
      const Lanes share = all_lanes(1.0f) / (all_lanes(1.0f) + exp2(smallest(gate * all_lanes(-kLog2OfE), all_lanes(127.0f))));
      const Lanes slope = share * multiply_add(gate, all_lanes(1.0f) - share, all_lanes(1.0f));
      store(gradients + i, output * up * slope, lanes);
      store(gradients + pass.width + i, output * gate * share, lanes);
    }
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
