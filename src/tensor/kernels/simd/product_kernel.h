// Products of whole matrices on one thread (training.h), from tiles: the right side packed into panels as wide as a tile, the left side read as
// it lies, or packed first where its depth is not contiguous. Blocks are such that a panel stays in the first cache and the left rows in the
// second.
#pragma once

#include "tensor/kernels/simd/tiles.h"
#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {
namespace {

constexpr int64_t kPanelColumns = kTileVectors * kLanes;
constexpr int64_t kBlockDepth = 256;
constexpr int64_t kBlockRows = 16 * kTileRows;
constexpr int64_t kBlockColumns = 1024;  // a multiple of the panel's

// The parts of one block, in memory that the caller gives.
struct ProductScratch {
  float* right;  // [panels, depth, panel columns]
  float* left;   // [rows, depth], where it had to be turned
  float* tile;   // [6, panel columns]: of a panel that is not full
  float* ones;   // [6]
};

inline ProductScratch carve_product(Carver& carver) {
  return {.right = carver.take<float>(kBlockColumns * kBlockDepth),
          .left = carver.take<float>((kBlockRows + kLanes) * kBlockDepth),
          .tile = carver.take<float>(kTileRows * kPanelColumns),
          .ones = carver.take<float>(kTileRows)};
}

inline int64_t product_scratch_bytes() {
  Carver carver(nullptr);
  carve_product(carver);
  return carver.used();
}

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
      for (int64_t depth = 0; depth < product_.depth; depth += kBlockDepth) {
        depth_ = smaller(kBlockDepth, product_.depth - depth);
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
  const float* right_at(int64_t depth, int64_t column) const {
    return product_.right + depth * product_.right_depth_stride + column * product_.right_column_stride;
  }

  // Columns beyond the last become zeros, so that tiles are whole.
  void pack_right(int64_t depth, int64_t column, int64_t columns) {
    for (int64_t panel = 0; panel < columns; panel += kPanelColumns) {
      const int64_t width = smaller(kPanelColumns, columns - panel);
      float* packed = scratch_.right + panel * depth_;
      product_.right_column_stride == 1 ? copy_panel(right_at(depth, column + panel), width, packed)
                                        : transpose_panel(right_at(depth, column + panel), width, packed);
    }
  }

  void copy_panel(const float* from, int64_t width, float* packed) const {
    for (int64_t k = 0; k < depth_; ++k, from += product_.right_depth_stride, packed += kPanelColumns)
      for (int64_t i = 0; i < kPanelColumns; i += kLanes) store(packed + i, load(from + i, first_lanes(width - i)));
  }

  void transpose_panel(const float* from, int64_t width, float* packed) const {
    for (int64_t i = 0; i < kPanelColumns; i += kLanes) {
      const int64_t count = larger(0, smaller(kLanes, width - i));
      const float* lines[kLanes];
      for (int64_t line = 0; line < count; ++line) lines[line] = from + (i + line) * product_.right_column_stride;
      pack_transposed<Float32>(lines, count, depth_, reinterpret_cast<Word*>(packed + i), kPanelColumns);
    }
  }

  // left_ [rows, depth] with a contiguous depth.
  void take_left(int64_t row, int64_t rows, int64_t depth) {
    const float* from = product_.left + row * product_.left_row_stride + depth * product_.left_depth_stride;
    if (product_.left_depth_stride == 1) {
      left_ = from;
      left_stride_ = product_.left_row_stride;
      return;
    }
    for (int64_t k = 0; k < depth_; k += kLanes) {
      const int64_t count = smaller(kLanes, depth_ - k);
      const float* lines[kLanes];
      for (int64_t line = 0; line < count; ++line) lines[line] = from + (k + line) * product_.left_depth_stride;
      pack_transposed<Float32>(lines, count, rows, reinterpret_cast<Word*>(scratch_.left + k), kBlockDepth);
    }
    left_ = scratch_.left;
    left_stride_ = kBlockDepth;
  }

  void multiply_rows(int64_t row, int64_t rows, int64_t column, int64_t columns) {
    for (int64_t panel = 0; panel < columns; panel += kPanelColumns) {
      const int64_t width = smaller(kPanelColumns, columns - panel);
      const float* packed = scratch_.right + panel * depth_;
      for (int64_t i = 0; i < rows; i += kTileRows) {
        float* result = product_.result + (row + i) * product_.result_stride + column + panel;
        const int64_t count = smaller(kTileRows, rows - i);
        width % kLanes == 0 ? tile(i, count, width, packed, result, product_.result_stride, adds_) : edge_tile(i, count, width, packed, result);
      }
    }
  }

  void tile(int64_t i, int64_t count, int64_t width, const float* packed, float* result, int64_t stride, bool adds) {
    kTiles<Float32>.of[count - 1][width / kLanes - 1](reinterpret_cast<const Word*>(left_ + i * left_stride_), left_stride_,
                                                      reinterpret_cast<const Word*>(packed), kPanelColumns, depth_, result, stride,
                                                      adds ? scratch_.ones : nullptr);
  }

  void edge_tile(int64_t i, int64_t count, int64_t width, const float* packed, float* result) {
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
  const float* left_ = nullptr;
  int64_t left_stride_ = 0;
  int64_t depth_ = 0;
  bool adds_ = false;
};

inline void multiply_matrices(const MatrixProduct& product, void* scratch) { BlockedProduct(product, scratch).run(); }

}  // namespace
}  // namespace manabi::tensor::kernels
