// Products of small tiles, the inner loop of attention and of the log-sum-exp over the vocabulary. Both formats share it: matrices are of
// 32-bit words, a word being one float32 or a pair of bfloat16 whose products are added up in float32.
#pragma once

#include <utility>

#include "tensor/kernels/simd/lanes.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t smaller(int64_t left, int64_t right) { return left < right ? left : right; }
constexpr int64_t larger(int64_t left, int64_t right) { return left > right ? left : right; }
constexpr int64_t divided_up(int64_t count, int64_t by) { return (count + by - 1) / by; }

// result [Rows, kLanes * Vectors] = result * scale + left [Rows, depth] x right [depth, kLanes * Vectors]; without `scale` the old result is not
// read.
template <class Number, int Rows, int Vectors>
void multiply_tile(const Word* left, int64_t left_stride, const Word* right, int64_t right_stride, int64_t depth, float* result,
                   int64_t result_stride, const float* scale) {
  Lanes sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) {
      sums[row][vector] = scale ? load(result + row * result_stride + vector * kLanes) * all_lanes(scale[row]) : all_lanes(0);
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    WordLanes columns[Vectors];
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) columns[vector] = load_words(right + k * right_stride + vector * kLanes);
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      const WordLanes word = all_words(left[row * left_stride + k]);
#pragma GCC unroll 8
      for (int vector = 0; vector < Vectors; ++vector) sums[row][vector] = Number::multiply_add_words(word, columns[vector], sums[row][vector]);
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int vector = 0; vector < Vectors; ++vector) {
      store(result + row * result_stride + vector * kLanes, sums[row][vector]);
    }
  }
}

using MultiplyTile = void (*)(const Word*, int64_t, const Word*, int64_t, int64_t, float*, int64_t, const float*);

// One function a shape, by rows and then vectors.
struct Tiles {
  MultiplyTile of[kTileRows][kTileVectors];
};

template <class Number, int Rows, int... Vectors>
constexpr void add_tiles(Tiles& tiles, std::integer_sequence<int, Vectors...>) {
  ((tiles.of[Rows][Vectors] = multiply_tile<Number, Rows + 1, Vectors + 1>), ...);
}

template <class Number, int... Rows>
constexpr Tiles tiles_of(std::integer_sequence<int, Rows...>) {
  Tiles tiles = {};
  (add_tiles<Number, Rows>(tiles, std::make_integer_sequence<int, kTileVectors>()), ...);
  return tiles;
}

template <class Number>
constexpr Tiles kTiles = tiles_of<Number>(std::make_integer_sequence<int, kTileRows>());

// The same for 1 to kTileRows rows and any number of vectors, in strips of nearly equal width.
template <class Number>
void multiply(int64_t rows, int64_t vectors, const Word* left, int64_t left_stride, const Word* right, int64_t right_stride, int64_t depth,
              float* result, int64_t result_stride, const float* scale) {
  for (int64_t strips = divided_up(vectors, kTileVectors); strips > 0; --strips) {
    const int64_t strip = divided_up(vectors, strips);
    kTiles<Number>.of[rows - 1][strip - 1](left, left_stride, right, right_stride, depth, result, result_stride, scale);
    right += strip * kLanes;
    result += strip * kLanes;
    vectors -= strip;
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

// Transposes up to kLanes rows of `words` words: word w of row i goes to packed[w * stride + i]. Missing rows become zeros.
template <class Number>
void pack_transposed(const typename Number::Element* const* rows, int64_t count, int64_t words, Word* packed, int64_t stride) {
  for (int64_t word = 0; word < words; word += kLanes) {
    const Mask lanes = first_lanes(words - word);
    WordLanes block[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      block[i] = i < count ? load_words(rows[i] + word * Number::kElements, lanes) : no_words();
    }
    transpose(block);
    const int64_t columns = smaller(kLanes, words - word);
    for (int64_t i = 0; i < columns; ++i) store_words(packed + (word + i) * stride, block[i]);
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
