// Eight float32 lanes at a time (lanes.h).
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace manabi::tensor::kernels {
namespace {

constexpr int kLanes = 8;
// A tile of 6 rows by 2 vectors of columns: 12 sums, 2 columns and 1 broadcast word of the 16 registers.
constexpr int64_t kTileRows = 6;
constexpr int kTileVectors = 2;

using Word = int32_t;
using Lanes = __m256;
using WordLanes = __m256i;

// The first `count` lanes.
struct Mask {
  int count;
  bool is_full() const { return count == kLanes; }
  WordLanes bits() const { return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
};

// None for count <= 0, all for count >= 8.
inline Mask first_lanes(int64_t count) { return {count >= kLanes ? kLanes : count <= 0 ? 0 : static_cast<int>(count)}; }

inline WordLanes no_words() { return _mm256_setzero_si256(); }
inline WordLanes all_words(Word word) { return _mm256_set1_epi32(word); }

inline Lanes all_lanes(float value) { return _mm256_set1_ps(value); }
inline Lanes load(const float* from) { return _mm256_loadu_ps(from); }
inline Lanes load(const float* from, Mask lanes) { return lanes.is_full() ? load(from) : _mm256_maskload_ps(from, lanes.bits()); }
inline void store(float* to, Lanes value) { _mm256_storeu_ps(to, value); }
inline void store(float* to, Lanes value, Mask lanes) {
  if (lanes.is_full()) return store(to, value);
  _mm256_maskstore_ps(to, lanes.bits(), value);
}
inline Lanes choose(Mask lanes, Lanes chosen, Lanes other) { return _mm256_blendv_ps(other, chosen, _mm256_castsi256_ps(lanes.bits())); }
inline Lanes multiply_add(Lanes left, Lanes right, Lanes sum) { return _mm256_fmadd_ps(left, right, sum); }
inline Lanes multiply_subtract(Lanes left, Lanes right, Lanes less) { return _mm256_fmsub_ps(left, right, less); }
inline Lanes largest(Lanes left, Lanes right) { return _mm256_max_ps(left, right); }  // `right` where either is NaN
inline Lanes smallest(Lanes left, Lanes right) { return _mm256_min_ps(left, right); }
inline Lanes square_root(Lanes value) { return _mm256_sqrt_ps(value); }
inline Lanes floor(Lanes value) { return _mm256_round_ps(value, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }

// value times 2 to the exponent's floor, from -200 to 127: in two factors, so that a result below the normal numbers is rounded once and
// ends in 0.
inline Lanes times_power_of_two(Lanes value, Lanes exponent) {
  const auto factor = [](WordLanes power) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(power, all_words(127)), 23)); };
  const WordLanes whole = _mm256_cvtps_epi32(floor(exponent)), half = _mm256_srai_epi32(whole, 1);
  return value * factor(half) * factor(_mm256_sub_epi32(whole, half));
}

inline float sum_of(Lanes value) {
  const __m128 fours = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
  const __m128 pairs = _mm_add_ps(fours, _mm_movehl_ps(fours, fours));
  return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_shuffle_ps(pairs, pairs, 1)));
}

inline float largest_of(Lanes value) {
  const __m128 fours = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
  const __m128 pairs = _mm_max_ps(fours, _mm_movehl_ps(fours, fours));
  return _mm_cvtss_f32(_mm_max_ss(pairs, _mm_shuffle_ps(pairs, pairs, 1)));
}

inline WordLanes load_words(const void* from) { return _mm256_loadu_si256(static_cast<const WordLanes*>(from)); }
inline WordLanes load_words(const void* from, Mask lanes) {
  return lanes.is_full() ? load_words(from) : _mm256_maskload_epi32(static_cast<const Word*>(from), lanes.bits());
}
inline void store_words(void* to, WordLanes words) { _mm256_storeu_si256(static_cast<WordLanes*>(to), words); }
inline void store_words(void* to, WordLanes words, Mask lanes) {
  if (lanes.is_full()) return store_words(to, words);
  _mm256_maskstore_epi32(static_cast<Word*>(to), lanes.bits(), words);
}

// Lane i of the result is the largest lane of rows[i]: a transposition that takes the maximum on the way.
inline Lanes row_maxima(const Lanes* rows) {
  Lanes pairs[4], fours[2];
  for (int i = 0; i < 4; ++i) {
    pairs[i] = largest(_mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]), _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]));
  }
  for (int i = 0; i < 2; ++i) {
    const __m256d left = _mm256_castps_pd(pairs[2 * i]), right = _mm256_castps_pd(pairs[2 * i + 1]);
    fours[i] = largest(_mm256_castpd_ps(_mm256_unpacklo_pd(left, right)), _mm256_castpd_ps(_mm256_unpackhi_pd(left, right)));
  }
  constexpr int kLowHalves = 0x20, kHighHalves = 0x31;
  return largest(_mm256_permute2f128_ps(fours[0], fours[1], kLowHalves), _mm256_permute2f128_ps(fours[0], fours[1], kHighHalves));
}

// rows[8] of 8 words each become columns.
inline void transpose(WordLanes rows[kLanes]) {
  WordLanes pairs[kLanes], fours[kLanes];
#pragma GCC unroll 4
  for (int i = 0; i < kLanes; i += 2) {
    pairs[i] = _mm256_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < kLanes; i += 4) {
    fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

// Eight elements of either format as float32, and back (bfloat16 rounds to the nearest, ties to even).
struct Float32 {
  using Element = float;
  static Lanes load(const Element* from, Mask lanes) { return kernels::load(from, lanes); }
  static void store(Element* to, Lanes value, Mask lanes) { kernels::store(to, value, lanes); }
  static Lanes rounded(Lanes value) { return value; }
  // The sum of lane products, a word being one element.
  static constexpr int64_t kElements = 1;
  static Lanes multiply_add_words(WordLanes left, WordLanes right, Lanes sum) {
    return _mm256_fmadd_ps(_mm256_castsi256_ps(left), _mm256_castsi256_ps(right), sum);
  }
  // The words at element i of two rows; the second row belongs to words of its own and is not read.
  static WordLanes interleaved(const Element* first, const Element*, int64_t i) { return load_words(first + i); }
  // Words made of float32: from one line across the depth a word a lane, or `left` elements along the depth (zeros beyond).
  static WordLanes words_across(const float* first, const float*, Mask lanes) { return load_words(first, lanes); }
  static WordLanes words_along(const float* from, int64_t left) { return load_words(from, first_lanes(left)); }
};

struct BFloat16 {
  using Element = uint16_t;
  static Lanes widen(__m128i bits) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16)); }
  // The rounded bits in the low half of each word.
  static WordLanes halves_of(Lanes value) {
    const WordLanes bits = _mm256_castps_si256(value);
    const WordLanes odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), all_words(1));
    const WordLanes halves = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, all_words(0x7FFF))), 16);
    const WordLanes is_nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(halves, all_words(0x7FC0), is_nan);
  }
  static __m128i narrow(Lanes value) {
    const WordLanes safe = halves_of(value);
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(_mm256_packus_epi32(safe, safe), 0x08));
  }
  static Lanes load(const Element* from, Mask lanes) {
    if (lanes.is_full()) return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    alignas(16) Element edge[kLanes] = {};
    for (int i = 0; i < lanes.count; ++i) edge[i] = from[i];
    return widen(_mm_load_si128(reinterpret_cast<const __m128i*>(edge)));
  }
  static void store(Element* to, Lanes value, Mask lanes) {
    if (lanes.is_full()) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrow(value));
    alignas(16) Element edge[kLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(edge), narrow(value));
    for (int i = 0; i < lanes.count; ++i) to[i] = edge[i];
  }
  static Lanes rounded(Lanes value) { return widen(narrow(value)); }
  // A word is a pair of elements; both are widened, since these instructions multiply no bfloat16.
  static constexpr int64_t kElements = 2;
  static Lanes low(WordLanes words) { return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16)); }
  static Lanes high(WordLanes words) { return _mm256_castsi256_ps(_mm256_and_si256(words, all_words(static_cast<Word>(0xFFFF0000)))); }
  static Lanes multiply_add_words(WordLanes left, WordLanes right, Lanes sum) {
    return multiply_add(low(left), low(right), multiply_add(high(left), high(right), sum));
  }
  // Words of both rows at element i; `second` is null after the last row.
  static WordLanes interleaved(const Element* first, const Element* second, int64_t i) {
    const auto wide = [i](const Element* row) { return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + i))); };
    return second ? _mm256_or_si256(wide(first), _mm256_slli_epi32(wide(second), 16)) : wide(first);
  }
  // Words made of float32: from two lines across the depth (the second null beyond it), or from `left` elements along it (zeros beyond).
  static WordLanes words_across(const float* first, const float* second, Mask lanes) {
    const WordLanes low = halves_of(kernels::load(first, lanes));
    return second ? _mm256_or_si256(low, _mm256_slli_epi32(halves_of(kernels::load(second, lanes)), 16)) : low;
  }
  static WordLanes words_along(const float* from, int64_t left) {
    const WordLanes first = halves_of(kernels::load(from, first_lanes(left)));
    const WordLanes second = halves_of(kernels::load(from + kLanes, first_lanes(left - kLanes)));
    return _mm256_permute4x64_epi64(_mm256_packus_epi32(first, second), 0xD8);
  }
};

}  // namespace
}  // namespace manabi::tensor::kernels
