// What the CPU attention kernel behind causal_attention takes: one key-value head and a block of one row's queries at a time.
#pragma once

#include <cstdint>

#include "tensor/kernels/cpu.h"

namespace manabi::tensor::kernels {

// A run of positions of one key-value head. Strides count elements.
struct KeyValueSegment {
  const void* keys = nullptr;    // [length, width], the last axis contiguous
  const void* values = nullptr;  // [length, width], the last axis contiguous
  int64_t key_stride = 0;
  int64_t value_stride = 0;
  int64_t length = 0;
};

// The queries of `tokens` consecutive positions and of the `heads` query heads that share one key-value head. The query at token t sees
// positions 0 to first_position + t of the segments laid end to end.
struct AttentionBlock {
  Format format = Format::float32;
  int64_t tokens = 0;
  int64_t heads = 0;
  int64_t width = 0;  // of a head
  int64_t first_position = 0;
  const void* queries = nullptr;  // [tokens, heads, width], the last axis contiguous
  int64_t query_token_stride = 0;
  int64_t query_head_stride = 0;
  const KeyValueSegment* segments = nullptr;
  int64_t segment_count = 0;
  void* output = nullptr;  // [tokens, heads, width], heads contiguous
  int64_t output_token_stride = 0;
};

// The widths of a head that the kernel takes.
constexpr bool is_attention_width(int64_t width) { return width > 0 && width <= 256 && width % 16 == 0; }

}  // namespace manabi::tensor::kernels
