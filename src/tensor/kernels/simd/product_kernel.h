// Products of whole matrices on one thread (training.h), from tiles: the right side packed into panels as wide as a tile, the left side read as
// it lies where its words lie so, else packed first. Blocks are such that a panel stays in the first cache and the left rows in the second.
//
// Both formats share it: the matrices are float32, and their words (tiles.h) either single numbers as they are or pairs rounded to bfloat16.
#pragma once

#include "tensor/kernels/simd/tiles.h"
#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kPanelColumns = kTileVectors * kLanes;
constexpr int64_t kBlockWords = 256;  // of depth
constexpr int64_t kBlockRows = 16 * kTileRows;
constexpr int64_t kBlockColumns = 1024;  // a multiple of the panel's

// The parts of one block, in memory that the caller gives.
struct ProductScratch {
  Word* right;  // [panels, words of depth, panel columns]
  Word* left;   // [rows, words of depth], where it is not read as it lies
  float* tile;  // [6, panel columns]: of a panel that is not full
  float* ones;  // [6]
};

inline ProductScratch carve_product(Carver& carver) {
  return {.right = carver.take<Word>(kBlockColumns * kBlockWords),
          .left = carver.take<Word>((kBlockRows + kLanes) * kBlockWords),
          .tile = carver.take<float>(kTileRows * kPanelColumns),
          .ones = carver.take<float>(kTileRows)};
}

inline int64_t product_scratch_bytes() {
  Carver carver(nullptr);
  carve_product(carver);
  return carver.used();
}

template <class Number>
class BlockedProduct {
 public:
  BlockedProduct(const MatrixProduct& product, void* memory) : product_(product) {
    Carver carver(memory);
    scratch_ = carve_product(carver);
    for (int64_t i = 0; i < kTileRows; ++i) scratch_.ones[i] = 1;
  }

  void run() {
    for (int64_t column = 0; column < product_.columns; column += kBlockColumns) {
      const int64_t columns = smaller(kBlockColumns, product_.columns - column);
      for (int64_t depth = 0; depth < product_.depth; depth += kBlockWords * kElements) {
        depth_ = smaller(kBlockWords * kElements, product_.depth - depth);
        words_ = divided_up(depth_, kElements);
        adds_ = product_.adds || depth > 0;
        pack_right(depth, column, columns);
        for (int64_t row = 0; row < product_.rows; row += kBlockRows) {
          const int64_t rows = smaller(kBlockRows, product_.rows - row);
          take_left(row, rows, depth);
          multiply_rows(row, rows, column, columns);
        }
      }
    }
  }

 private:
  static constexpr int64_t kElements = Number::kElements;

  // Columns beyond the last become zeros, so that tiles are whole.
  void pack_right(int64_t depth, int64_t column, int64_t columns) {
    for (int64_t panel = 0; panel < columns; panel += kPanelColumns) {
      const int64_t width = smaller(kPanelColumns, columns - panel);
      const float* from = product_.right + depth * product_.right_depth_stride + (column + panel) * product_.right_column_stride;
      Word* packed = scratch_.right + panel * words_;
      product_.right_column_stride == 1 ? pack_across(from, product_.right_depth_stride, width, packed) : pack_along(from, width, packed);
    }
  }

  // From lines that run across the depth: the words of one column lie in as many lines as a word has elements.
  void pack_across(const float* from, int64_t stride, int64_t width, Word* packed) const {
    for (int64_t word = 0; word < words_; ++word, from += kElements * stride, packed += kPanelColumns)
      for (int64_t i = 0; i < kPanelColumns; i += kLanes)
        store_words(packed + i, Number::words_across(from + i, second_line(word, from + i, stride), first_lanes(width - i)));
  }

  // From lines that run along the depth.
  void pack_along(const float* from, int64_t width, Word* packed) const {
    for (int64_t i = 0; i < kPanelColumns; i += kLanes) {
      const int64_t count = larger(0, smaller(kLanes, width - i));
      transpose_lines(from + i * product_.right_column_stride, product_.right_column_stride, count, packed + i, kPanelColumns);
    }
  }

  // `count` <= kLanes lines along the depth become columns of words, `stride_of_words` apart; missing lines become zeros.
  void transpose_lines(const float* from, int64_t stride, int64_t count, Word* packed, int64_t stride_of_words) const {
    for (int64_t word = 0; word < words_; word += kLanes) {
      WordLanes block[kLanes];
      for (int64_t line = 0; line < kLanes; ++line)
        block[line] = line < count ? Number::words_along(from + line * stride + word * kElements, depth_ - word * kElements) : no_words();
      transpose(block);
      for (int64_t i = 0; i < smaller(kLanes, words_ - word); ++i) store_words(packed + (word + i) * stride_of_words, block[i]);
    }
  }

  // left_ [rows, words]: words along the depth.
  void take_left(int64_t row, int64_t rows, int64_t depth) {
    const float* from = product_.left + row * product_.left_row_stride + depth * product_.left_depth_stride;
    if (product_.left_depth_stride != 1) {
      turn_left(from, rows);
    } else if constexpr (kElements == 1) {
      left_ = reinterpret_cast<const Word*>(from);
      left_stride_ = product_.left_row_stride;
      return;
    } else {
      for (int64_t i = 0; i < rows; ++i, from += product_.left_row_stride)
        for (int64_t word = 0; word < words_; word += kLanes)
          store_words(scratch_.left + i * kBlockWords + word, Number::words_along(from + word * kElements, depth_ - word * kElements));
    }
    left_ = scratch_.left;
    left_stride_ = kBlockWords;
  }

  // Lines across the depth become rows of words.
  void turn_left(const float* from, int64_t rows) {
    const int64_t stride = product_.left_depth_stride;
    for (int64_t word = 0; word < words_; word += kLanes) {
      for (int64_t i = 0; i < rows; i += kLanes) {
        WordLanes block[kLanes];
        for (int64_t line = 0; line < kLanes; ++line) {
          const float* first = from + (word + line) * kElements * stride + i;
          block[line] =
              word + line < words_ ? Number::words_across(first, second_line(word + line, first, stride), first_lanes(rows - i)) : no_words();
        }
        transpose(block);
        for (int64_t row = 0; row < smaller(kLanes, rows - i); ++row) store_words(scratch_.left + (i + row) * kBlockWords + word, block[row]);
      }
    }
  }

  // Where a word's second element stands, if it has one within the depth.
  const float* second_line(int64_t word, const float* first, int64_t stride) const {
    return kElements == 2 && 2 * word + 1 < depth_ ? first + stride : nullptr;
  }

  void multiply_rows(int64_t row, int64_t rows, int64_t column, int64_t columns) {
    for (int64_t panel = 0; panel < columns; panel += kPanelColumns) {
      const int64_t width = smaller(kPanelColumns, columns - panel);
      const Word* packed = scratch_.right + panel * words_;
      for (int64_t i = 0; i < rows; i += kTileRows) {
        float* result = product_.result + (row + i) * product_.result_stride + column + panel;
        const int64_t count = smaller(kTileRows, rows - i);
        width % kLanes == 0 ? tile(i, count, width, packed, result, product_.result_stride, adds_) : edge_tile(i, count, width, packed, result);
      }
    }
  }

  void tile(int64_t i, int64_t count, int64_t width, const Word* packed, float* result, int64_t stride, bool adds) {
    kTiles<Number>.of[count - 1][width / kLanes - 1](left_ + i * left_stride_, left_stride_, packed, kPanelColumns, words_, result, stride,
                                                     adds ? scratch_.ones : nullptr);
  }

  void edge_tile(int64_t i, int64_t count, int64_t width, const Word* packed, float* result) {
    tile(i, count, divided_up(width, kLanes) * kLanes, packed, scratch_.tile, kPanelColumns, false);
    for (int64_t row = 0; row < count; ++row) {
      for (int64_t j = 0; j < width; j += kLanes) {
        const Mask lanes = first_lanes(width - j);
        float* to = result + row * product_.result_stride + j;
        const Lanes sum = load(scratch_.tile + row * kPanelColumns + j);
        store(to, adds_ ? sum + load(to, lanes) : sum, lanes);
      }
    }
  }

  const MatrixProduct& product_;
  ProductScratch scratch_;
  const Word* left_ = nullptr;
  int64_t left_stride_ = 0;
  int64_t depth_ = 0;  // of the block
  int64_t words_ = 0;  // of the block's depth
  bool adds_ = false;
};

inline void multiply_matrices(const MatrixProduct& product, void* scratch) {
  product.rounds_to_bfloat16 ? BlockedProduct<BFloat16>(product, scratch).run() : BlockedProduct<Float32>(product, scratch).run();
}

}  // namespace
}  // namespace manabi::tensor::kernels
