// Element-wise passes (passes.h).
#pragma once

#include "tensor/kernels/passes.h"
#include "tensor/kernels/simd/lanes.h"

namespace manabi::tensor::kernels {
namespace {

// hidden += update when there is one, rounded to the format as the sum is stored; returns the sum of squares.
template <class Number>
float add_and_square(typename Number::Element* hidden, const typename Number::Element* update, int64_t width) {
  Lanes squares = all_lanes(0);
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    Lanes value = Number::load(hidden + i, lanes);
    if (update) {
      value = Number::rounded(value + Number::load(update + i, lanes));
      Number::store(hidden + i, value, lanes);
    }
    squares = multiply_add(value, value, squares);
  }
  return sum_of(squares);
}

template <class Number>
void scale_by(const typename Number::Element* hidden, const typename Number::Element* weight, float factor, typename Number::Element* output,
              int64_t width) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    const Lanes scaled = Number::load(hidden + i, lanes) * all_lanes(factor);
    Number::store(output + i, scaled * Number::load(weight + i, lanes), lanes);
  }
}

template <class Number>
void norm_rows(const NormRows& pass) {
  using Element = typename Number::Element;
  for (int64_t row = 0; row < pass.rows; ++row) {
    Element* hidden = static_cast<Element*>(pass.hidden) + row * pass.hidden_stride;
    const Element* update = pass.update ? static_cast<const Element*>(pass.update) + row * pass.update_stride : nullptr;
    const float mean = add_and_square<Number>(hidden, update, pass.width) / static_cast<float>(pass.width);
    scale_by<Number>(hidden, static_cast<const Element*>(pass.weight), 1.0f / __builtin_sqrtf(mean + pass.epsilon),
                     static_cast<Element*>(pass.output) + row * pass.width, pass.width);
  }
}

// A sigmoid below the smallest normal number counts as 0, so that the exponent stays within what exp2 takes.
inline Lanes silu(Lanes value) {
  const Lanes exponent = value * all_lanes(-kLog2OfE);
  return value / (all_lanes(1.0f) + exp2(smallest(exponent, all_lanes(127.0f))));
}

template <class Number>
void gate_rows(const GateRows& pass) {
  using Element = typename Number::Element;
  for (int64_t row = 0; row < pass.rows; ++row) {
    const Element* gate = static_cast<const Element*>(pass.gate_up) + row * pass.stride;
    const Element* up = gate + pass.width;
    Element* output = static_cast<Element*>(pass.output) + row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      Number::store(output + i, silu(Number::load(gate + i, lanes)) * Number::load(up + i, lanes), lanes);
    }
  }
}

template <class Number>
void rotate_head(typename Number::Element* head, const float* cosines, const float* sines, int64_t half) {
  for (int64_t i = 0; i < half; i += kLanes) {
    const Mask lanes = first_lanes(half - i);
    const Lanes cosine = load(cosines + i, lanes), sine = load(sines + i, lanes);
    const Lanes first = Number::load(head + i, lanes), second = Number::load(head + half + i, lanes);
    Number::store(head + i, multiply_subtract(first, cosine, second * sine), lanes);
    Number::store(head + half + i, multiply_add(second, cosine, first * sine), lanes);
  }
}

template <class Number>
void rotate_tokens(const RotateTokens& pass) {
  const int64_t half = pass.width / 2;
  for (int64_t token = 0; token < pass.tokens; ++token) {
    const float* cosines = pass.cosines + pass.positions[token] * half;
    const float* sines = pass.sines + pass.positions[token] * half;
    for (int64_t head = 0; head < pass.count; ++head) {
      rotate_head<Number>(static_cast<typename Number::Element*>(pass.heads) + token * pass.token_stride + head * pass.head_stride, cosines,
                          sines, half);
    }
  }
}

void norm_rows(const NormRows& pass) { pass.format == Format::float32 ? norm_rows<Float32>(pass) : norm_rows<BFloat16>(pass); }

void gate_rows(const GateRows& pass) { pass.format == Format::float32 ? gate_rows<Float32>(pass) : gate_rows<BFloat16>(pass); }

void rotate_tokens(const RotateTokens& pass) { pass.format == Format::float32 ? rotate_tokens<Float32>(pass) : rotate_tokens<BFloat16>(pass); }

}  // namespace
}  // namespace manabi::tensor::kernels
