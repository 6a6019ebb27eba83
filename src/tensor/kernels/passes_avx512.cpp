#include "tensor/kernels/passes.h"

#if defined(__x86_64__)
#include "tensor/kernels/simd_avx512.h"

namespace manabi::tensor::kernels {
namespace {

// hidden += update when there is one, rounded to the format as the sum is stored; returns the sum of squares.
template <class Numbers>
float add_and_square(typename Numbers::Element* hidden, const typename Numbers::Element* update, int64_t width) {
  __m512 squares = _mm512_setzero_ps();
  for (int64_t i = 0; i < width; i += kLanes) {
    const __mmask16 lanes = first_lanes(width - i);
    __m512 value = Numbers::load(hidden + i, lanes);
    if (update) {
      value = Numbers::rounded(_mm512_add_ps(value, Numbers::load(update + i, lanes)));
      Numbers::store(hidden + i, lanes, value);
    }
    squares = _mm512_fmadd_ps(value, value, squares);
  }
  return _mm512_reduce_add_ps(squares);
}

template <class Numbers>
void scale_by(const typename Numbers::Element* hidden, const typename Numbers::Element* weight, float factor, typename Numbers::Element* output,
              int64_t width) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const __mmask16 lanes = first_lanes(width - i);
    const __m512 scaled = _mm512_mul_ps(Numbers::load(hidden + i, lanes), _mm512_set1_ps(factor));
    Numbers::store(output + i, lanes, _mm512_mul_ps(scaled, Numbers::load(weight + i, lanes)));
  }
}

template <class Numbers>
void norm_rows(const NormRows& pass) {
  using Element = typename Numbers::Element;
  for (int64_t row = 0; row < pass.rows; ++row) {
    Element* hidden = static_cast<Element*>(pass.hidden) + row * pass.hidden_stride;
    const Element* update = pass.update ? static_cast<const Element*>(pass.update) + row * pass.update_stride : nullptr;
    const float mean = add_and_square<Numbers>(hidden, update, pass.width) / static_cast<float>(pass.width);
    scale_by<Numbers>(hidden, static_cast<const Element*>(pass.weight), 1.0f / __builtin_sqrtf(mean + pass.epsilon),
                      static_cast<Element*>(pass.output) + row * pass.width, pass.width);
  }
}

inline __m512 silu(__m512 value) {
  const __m512 one = _mm512_set1_ps(1.0f);
  return _mm512_div_ps(value, _mm512_add_ps(one, exp2(_mm512_mul_ps(value, _mm512_set1_ps(-kLog2OfE)))));
}

template <class Numbers>
void gate_rows(const GateRows& pass) {
  using Element = typename Numbers::Element;
  for (int64_t row = 0; row < pass.rows; ++row) {
    const Element* gate = static_cast<const Element*>(pass.gate_up) + row * pass.stride;
    const Element* up = gate + pass.width;
    Element* output = static_cast<Element*>(pass.output) + row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const __mmask16 lanes = first_lanes(pass.width - i);
      Numbers::store(output + i, lanes, _mm512_mul_ps(silu(Numbers::load(gate + i, lanes)), Numbers::load(up + i, lanes)));
    }
  }
}

template <class Numbers>
void rotate_head(typename Numbers::Element* head, const float* cosines, const float* sines, int64_t half) {
  for (int64_t i = 0; i < half; i += kLanes) {
    const __mmask16 lanes = first_lanes(half - i);
    const __m512 cosine = Float32::load(cosines + i, lanes), sine = Float32::load(sines + i, lanes);
    const __m512 first = Numbers::load(head + i, lanes), second = Numbers::load(head + half + i, lanes);
    Numbers::store(head + i, lanes, _mm512_fmsub_ps(first, cosine, _mm512_mul_ps(second, sine)));
    Numbers::store(head + half + i, lanes, _mm512_fmadd_ps(second, cosine, _mm512_mul_ps(first, sine)));
  }
}

template <class Numbers>
void rotate_tokens(const RotateTokens& pass) {
  const int64_t half = pass.width / 2;
  for (int64_t token = 0; token < pass.tokens; ++token) {
    const float* cosines = pass.cosines + pass.positions[token] * half;
    const float* sines = pass.sines + pass.positions[token] * half;
    for (int64_t head = 0; head < pass.count; ++head) {
      rotate_head<Numbers>(static_cast<typename Numbers::Element*>(pass.heads) + token * pass.token_stride + head * pass.head_stride, cosines,
                           sines, half);
    }
  }
}

}  // namespace

void norm_rows_avx512(const NormRows& pass) { pass.format == Format::float32 ? norm_rows<Float32>(pass) : norm_rows<BFloat16>(pass); }

void gate_rows_avx512(const GateRows& pass) { pass.format == Format::float32 ? gate_rows<Float32>(pass) : gate_rows<BFloat16>(pass); }

void rotate_tokens_avx512(const RotateTokens& pass) {
  pass.format == Format::float32 ? rotate_tokens<Float32>(pass) : rotate_tokens<BFloat16>(pass);
}

}  // namespace manabi::tensor::kernels
#endif
