// Products of small tiles, the inner loop of attention and of the log-sum-exp over the vocabulary. Both formats share it: matrices are of
// 32-bit words, a word being one float32 or a pair of bfloat16 that the processor multiplies and adds up in float32. Only for *_avx512.cpp.
#pragma once

#include "tensor/kernels/simd_avx512.h"

namespace manabi::tensor::kernels {
namespace {

// A tile of 6 rows by 4 vectors of columns: 24 sums, 4 columns and 1 broadcast word of the 32 registers.
constexpr int64_t kTileRows = 6;
constexpr int kTileVectors = 4;

using Word = int32_t;

constexpr int64_t smaller(int64_t left, int64_t right) { return left < right ? left : right; }
constexpr int64_t larger(int64_t left, int64_t right) { return left > right ? left : right; }
constexpr int64_t divided_up(int64_t count, int64_t by) { return (count + by - 1) / by; }

struct WordsOfFloat32 : Float32 {
  static constexpr int64_t kElements = 1;
  static __m512 multiply_add(__m512 sum, __m512i left, __m512i right) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum);
  }
  // A row of `width` elements as words; the second row belongs to a word of its own and is not read.
  static void interleave(const Element* first, const Element*, Word* packed, int64_t width) {
    for (int64_t i = 0; i < width; i += kLanes) _mm512_store_si512(packed + i, _mm512_loadu_si512(first + i));
  }
};

struct WordsOfBFloat16 : BFloat16 {
  static constexpr int64_t kElements = 2;
  static __m512 multiply_add(__m512 sum, __m512i left, __m512i right) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(left), reinterpret_cast<__m512bh>(right));
  }
  // Two rows of `width` elements as words of both; `second` is null after the last row.
  static void interleave(const Element* first, const Element* second, Word* packed, int64_t width) {
    for (int64_t i = 0; i < width; i += kLanes) {
      const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first + i)));
      const __m512i high =
          second ? _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(second + i))) : _mm512_setzero_si512();
      _mm512_store_si512(packed + i, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
  }
};

// result [Rows, 16 * Vectors] = result * scale + left [Rows, depth] x right [depth, 16 * Vectors]; without `scale` the old result is not read.
template <class Words, int Rows, int Vectors>
void multiply_tile(const Word* left, int64_t left_stride, const Word* right, int64_t right_stride, int64_t depth, float* result,
                   int64_t result_stride, const float* scale) {
  __m512 sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) {
      sums[row][vector] = scale ? _mm512_mul_ps(_mm512_loadu_ps(result + row * result_stride + vector * kLanes), _mm512_set1_ps(scale[row]))
                                : _mm512_setzero_ps();
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    __m512i columns[Vectors];
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) columns[vector] = _mm512_loadu_si512(right + k * right_stride + vector * kLanes);
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      const __m512i word = _mm512_set1_epi32(left[row * left_stride + k]);
#pragma GCC unroll 8
      for (int vector = 0; vector < Vectors; ++vector) sums[row][vector] = Words::multiply_add(sums[row][vector], word, columns[vector]);
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) {
      _mm512_storeu_ps(result + row * result_stride + vector * kLanes, sums[row][vector]);
    }
  }
}

using MultiplyTile = void (*)(const Word*, int64_t, const Word*, int64_t, int64_t, float*, int64_t, const float*);

template <class Words>
constexpr MultiplyTile kMultiplyTile[kTileRows][kTileVectors] = {
    {multiply_tile<Words, 1, 1>, multiply_tile<Words, 1, 2>, multiply_tile<Words, 1, 3>, multiply_tile<Words, 1, 4>},
    {multiply_tile<Words, 2, 1>, multiply_tile<Words, 2, 2>, multiply_tile<Words, 2, 3>, multiply_tile<Words, 2, 4>},
    {multiply_tile<Words, 3, 1>, multiply_tile<Words, 3, 2>, multiply_tile<Words, 3, 3>, multiply_tile<Words, 3, 4>},
    {multiply_tile<Words, 4, 1>, multiply_tile<Words, 4, 2>, multiply_tile<Words, 4, 3>, multiply_tile<Words, 4, 4>},
    {multiply_tile<Words, 5, 1>, multiply_tile<Words, 5, 2>, multiply_tile<Words, 5, 3>, multiply_tile<Words, 5, 4>},
    {multiply_tile<Words, 6, 1>, multiply_tile<Words, 6, 2>, multiply_tile<Words, 6, 3>, multiply_tile<Words, 6, 4>}};

// The same for 1 to 6 rows and any number of vectors, in strips of nearly equal width.
template <class Words>
void multiply(int64_t rows, int64_t vectors, const Word* left, int64_t left_stride, const Word* right, int64_t right_stride, int64_t depth,
              float* result, int64_t result_stride, const float* scale) {
  for (int64_t strips = divided_up(vectors, kTileVectors); strips > 0; --strips) {
    const int64_t strip = divided_up(vectors, strips);
    kMultiplyTile<Words>[rows - 1][strip - 1](left, left_stride, right, right_stride, depth, result, result_stride, scale);
    right += strip * kLanes;
    result += strip * kLanes;
    vectors -= strip;
  }
}

// rows[16] of 16 words each become columns.
inline void transpose(__m512i rows[kLanes]) {
  __m512i pairs[kLanes], fours[kLanes];
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
    const __m512i even_low = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0x88);
    const __m512i odd_low = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0xDD);
    const __m512i even_high = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0x88);
    const __m512i odd_high = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0xDD);
    rows[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
    rows[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
  }
}

// Hands out the parts of one piece of memory in turn; without memory it only counts.
class Carver {
 public:
  explicit Carver(void* memory) : memory_(static_cast<unsigned char*>(memory)) {}

  template <class T>
  T* take(int64_t count) {
    T* part = memory_ ? reinterpret_cast<T*>(memory_ + used_) : nullptr;
    used_ += divided_up(count * static_cast<int64_t>(sizeof(T)), 64) * 64;
    return part;
  }
  int64_t used() const { return used_; }

 private:
  unsigned char* memory_;
  int64_t used_ = 0;
};

// Transposes up to 16 rows of `words` words: word w of row i goes to packed[w * stride + i]. Missing rows become zeros.
template <class Words>
void pack_transposed(const typename Words::Element* const* rows, int64_t count, int64_t words, Word* packed, int64_t stride) {
  for (int64_t word = 0; word < words; word += kLanes) {
    const __mmask16 lanes = first_lanes(words - word);
    __m512i block[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      block[i] = i < count ? _mm512_maskz_loadu_epi32(lanes, rows[i] + word * Words::kElements) : _mm512_setzero_si512();
    }
    transpose(block);
    const int64_t columns = smaller(kLanes, words - word);
    for (int64_t i = 0; i < columns; ++i) _mm512_store_si512(packed + (word + i) * stride, block[i]);
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
