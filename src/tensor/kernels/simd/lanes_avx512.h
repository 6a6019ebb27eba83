// Sixteen float32 lanes at a time (lanes.h).
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace manabi::tensor::kernels {
namespace {

constexpr int kLanes = 16;
// A tile of 6 rows by 4 vectors of columns: 24 sums, 4 columns and 1 broadcast word of the 32 registers.
constexpr int64_t kTileRows = 6;
constexpr int kTileVectors = 4;

using Word = int32_t;
using Lanes = __m512;
using WordLanes = __m512i;
using Mask = __mmask16;

// The first `count` lanes; none for count <= 0, all for count >= 16.
inline Mask first_lanes(int64_t count) {
  if (count >= kLanes) return 0xFFFF;
  return count <= 0 ? 0 : static_cast<Mask>((1u << count) - 1);
}

inline Lanes all_lanes(float value) { return _mm512_set1_ps(value); }
inline Lanes load(const float* from) { return _mm512_loadu_ps(from); }
inline Lanes load(const float* from, Mask lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
inline void store(float* to, Lanes value) { _mm512_storeu_ps(to, value); }
inline void store(float* to, Lanes value, Mask lanes) { _mm512_mask_storeu_ps(to, lanes, value); }
inline Lanes choose(Mask lanes, Lanes chosen, Lanes other) { return _mm512_mask_blend_ps(lanes, other, chosen); }
inline Lanes multiply_add(Lanes left, Lanes right, Lanes sum) { return _mm512_fmadd_ps(left, right, sum); }
inline Lanes multiply_subtract(Lanes left, Lanes right, Lanes less) { return _mm512_fmsub_ps(left, right, less); }
inline Lanes largest(Lanes left, Lanes right) { return _mm512_max_ps(left, right); }  // `right` where either is NaN
inline Lanes smallest(Lanes left, Lanes right) { return _mm512_min_ps(left, right); }
inline Lanes square_root(Lanes value) { return _mm512_sqrt_ps(value); }
inline Lanes floor(Lanes value) { return _mm512_roundscale_ps(value, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
inline Lanes times_power_of_two(Lanes value, Lanes exponent) { return _mm512_scalef_ps(value, exponent); }  // of the exponent's floor
inline float sum_of(Lanes value) { return _mm512_reduce_add_ps(value); }
inline float largest_of(Lanes value) { return _mm512_reduce_max_ps(value); }

inline WordLanes no_words() { return _mm512_setzero_si512(); }
inline WordLanes all_words(Word word) { return _mm512_set1_epi32(word); }
inline WordLanes load_words(const void* from) { return _mm512_loadu_si512(from); }
inline WordLanes load_words(const void* from, Mask lanes) { return _mm512_maskz_loadu_epi32(lanes, from); }
inline void store_words(void* to, WordLanes words) { _mm512_storeu_si512(to, words); }
inline void store_words(void* to, WordLanes words, Mask lanes) { _mm512_mask_storeu_epi32(to, lanes, words); }

// Lane i of the result is the largest lane of rows[i]: a transposition that takes the maximum on the way.
inline Lanes row_maxima(const Lanes* rows) {
  Lanes pairs[8], fours[4];
  for (int i = 0; i < 8; ++i) {
    pairs[i] = largest(_mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]), _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]));
  }
  for (int i = 0; i < 4; ++i) {
    const __m512d left = _mm512_castps_pd(pairs[2 * i]), right = _mm512_castps_pd(pairs[2 * i + 1]);
    fours[i] = largest(_mm512_castpd_ps(_mm512_unpacklo_pd(left, right)), _mm512_castpd_ps(_mm512_unpackhi_pd(left, right)));
  }
  constexpr int kEvenQuarters = 0x88, kOddQuarters = 0xDD;
  const auto join = [](Lanes left, Lanes right) {
    return largest(_mm512_shuffle_f32x4(left, right, kEvenQuarters), _mm512_shuffle_f32x4(left, right, kOddQuarters));
  };
  return join(join(fours[0], fours[1]), join(fours[2], fours[3]));
}

// rows[16] of 16 words each become columns.
inline void transpose(WordLanes rows[kLanes]) {
  WordLanes pairs[kLanes], fours[kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kLanes; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const WordLanes even_low = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0x88);
    const WordLanes odd_low = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0xDD);
    const WordLanes even_high = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0x88);
    const WordLanes odd_high = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0xDD);
    rows[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
    rows[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
  }
}

// Sixteen elements of either format as float32, and back (bfloat16 rounds to the nearest, ties to even).
struct Float32 {
  using Element = float;
  static Lanes load(const Element* from, Mask lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
  static void store(Element* to, Lanes value, Mask lanes) { _mm512_mask_storeu_ps(to, lanes, value); }
  static Lanes rounded(Lanes value) { return value; }
  // The sum of lane products, a word being one element.
  static constexpr int64_t kElements = 1;
  static Lanes multiply_add_words(WordLanes left, WordLanes right, Lanes sum) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum);
  }
  // The words at element i of two rows; the second row belongs to words of its own and is not read.
  static WordLanes interleaved(const Element* first, const Element*, int64_t i) { return load_words(first + i); }
  // Words made of float32: from one line across the depth a word a lane, or `left` elements along the depth (zeros beyond).
  static WordLanes words_across(const float* first, const float*, Mask lanes) { return load_words(first, lanes); }
  static WordLanes words_along(const float* from, int64_t left) { return load_words(from, first_lanes(left)); }
};

struct BFloat16 {
  using Element = uint16_t;
  static Lanes widen(__m256i bits) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)); }
  static __m256i narrow(Lanes value) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)); }
  static Lanes load(const Element* from, Mask lanes) { return widen(_mm256_maskz_loadu_epi16(lanes, from)); }
  static void store(Element* to, Lanes value, Mask lanes) { _mm256_mask_storeu_epi16(to, lanes, narrow(value)); }
  static Lanes rounded(Lanes value) { return widen(narrow(value)); }
  // A word is a pair of elements that the processor multiplies and adds up in float32.
  static constexpr int64_t kElements = 2;
  static Lanes multiply_add_words(WordLanes left, WordLanes right, Lanes sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(left), reinterpret_cast<__m512bh>(right));
  }
  // Words of both rows at element i; `second` is null after the last row.
  static WordLanes interleaved(const Element* first, const Element* second, int64_t i) {
    const auto wide = [i](const Element* row) { return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + i))); };
    return second ? _mm512_or_si512(wide(first), _mm512_slli_epi32(wide(second), 16)) : wide(first);
  }
  // Words made of float32: from two lines across the depth (the second null beyond it), or from `left` elements along it (zeros beyond).
  static WordLanes words_across(const float* first, const float* second, Mask lanes) {
    const WordLanes low = _mm512_cvtepu16_epi32(narrow(kernels::load(first, lanes)));
    if (!second) return low;
    return _mm512_or_si512(low, _mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow(kernels::load(second, lanes))), 16));
  }
  static WordLanes words_along(const float* from, int64_t left) {
    return reinterpret_cast<WordLanes>(
        _mm512_cvtne2ps_pbh(kernels::load(from + kLanes, first_lanes(left - kLanes)), kernels::load(from, first_lanes(left))));
  }
};

}  // namespace
}  // namespace manabi::tensor::kernels
