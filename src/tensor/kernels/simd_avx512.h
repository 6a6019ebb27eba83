// Sixteen float32 lanes at a time. Only for files named *_avx512.cpp: they alone are compiled with these instructions, so nothing here may
// have external linkage (another file could otherwise be linked against a copy that its processor cannot run).
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace manabi::tensor::kernels {
namespace {

constexpr int kLanes = 16;

// The first `count` lanes; none for count <= 0, all for count >= 16.
inline __mmask16 first_lanes(int64_t count) {
  if (count >= kLanes) return 0xFFFF;
  return count <= 0 ? 0 : static_cast<__mmask16>((1u << count) - 1);
}

// 2^x for x <= 127; below -126 it runs through the subnormals to 0. NaN stays NaN. Largest relative error 1.4e-7: a polynomial of degree 5
// on [0, 1) with value 1 at 0, its coefficients fitted for the least largest relative error.
inline __m512 exp2(__m512 x) {
  const __m512 bounded = _mm512_max_ps(_mm512_set1_ps(-200.0f), x);  // the second operand is kept when it is NaN
  const __m512 fraction = _mm512_reduce_ps(bounded, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  __m512 power = _mm512_set1_ps(1.867130166e-3f);
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(9.017029777e-3f));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(5.579991266e-2f));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(2.401644439e-1f));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(6.931512952e-1f));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(power, bounded);  // times 2 to the floor of x
}

// Lane i of the result is the largest lane of rows[i]: a transposition that takes the maximum on the way.
inline __m512 row_maxima(const __m512* rows) {
  __m512 pairs[8], fours[4];
  for (int i = 0; i < 8; ++i) {
    pairs[i] = _mm512_max_ps(_mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]), _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]));
  }
  for (int i = 0; i < 4; ++i) {
    const __m512d left = _mm512_castps_pd(pairs[2 * i]), right = _mm512_castps_pd(pairs[2 * i + 1]);
    fours[i] = _mm512_max_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(left, right)), _mm512_castpd_ps(_mm512_unpackhi_pd(left, right)));
  }
  constexpr int kEvenQuarters = 0x88, kOddQuarters = 0xDD;
  const auto join = [](__m512 left, __m512 right) {
    return _mm512_max_ps(_mm512_shuffle_f32x4(left, right, kEvenQuarters), _mm512_shuffle_f32x4(left, right, kOddQuarters));
  };
  return join(join(fours[0], fours[1]), join(fours[2], fours[3]));
}

constexpr float kLog2OfE = 1.44269504088896341f;

// Sixteen elements of either format as float32, and back (bfloat16 rounds to the nearest, ties to even).
struct Float32 {
  using Element = float;
  static __m512 load(const Element* from, __mmask16 lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
  static void store(Element* to, __mmask16 lanes, __m512 value) { _mm512_mask_storeu_ps(to, lanes, value); }
  static __m512 rounded(__m512 value) { return value; }
};

struct BFloat16 {
  using Element = uint16_t;
  static __m512 widen(__m256i bits) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)); }
  static __m512 load(const Element* from, __mmask16 lanes) { return widen(_mm256_maskz_loadu_epi16(lanes, from)); }
  static __m256i narrow(__m512 value) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)); }
  static void store(Element* to, __mmask16 lanes, __m512 value) { _mm256_mask_storeu_epi16(to, lanes, narrow(value)); }
  static __m512 rounded(__m512 value) { return widen(narrow(value)); }
};

}  // namespace
}  // namespace manabi::tensor::kernels
