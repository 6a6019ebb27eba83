// Element-wise passes over rows of the residual stream and of the MLP. Strides count elements; the last axis is contiguous.
#pragma once

#include <cstdint>

#include "tensor/kernels/cpu.h"

namespace manabi::tensor::kernels {

// output [rows, width] = rms_norm(hidden) * weight; with `update`, hidden += update comes first. `output` and `weight` are contiguous.
struct NormRows {
  Format format = Format::float32;
  void* hidden = nullptr;  // [rows, width]; written only when there is an update
  int64_t hidden_stride = 0;
  const void* update = nullptr;  // [rows, width] or null
  int64_t update_stride = 0;
  const void* weight = nullptr;  // [width]
  float epsilon = 0;
  void* output = nullptr;  // [rows, width]
  int64_t rows = 0;
  int64_t width = 0;
};

// output [rows, width] = silu(gate_up[:, :width]) * gate_up[:, width:].
struct GateRows {
  Format format = Format::float32;
  const void* gate_up = nullptr;  // [rows, 2 * width]
  int64_t stride = 0;
  void* output = nullptr;  // [rows, width], contiguous
  int64_t rows = 0;
  int64_t width = 0;
};

// Turns every pair (i, i + width / 2) of each head by the angle of the token's position.
struct RotateTokens {
  Format format = Format::float32;
  void* heads = nullptr;  // [tokens, count, width]
  int64_t token_stride = 0;
  int64_t head_stride = 0;
  const int64_t* positions = nullptr;  // [tokens], each a row of the tables
  const float* cosines = nullptr;      // [P, width / 2], contiguous
  const float* sines = nullptr;        // [P, width / 2], contiguous
  int64_t tokens = 0;
  int64_t count = 0;
  int64_t width = 0;
};

}  // namespace manabi::tensor::kernels
