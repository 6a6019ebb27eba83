// How weights are stored in files, and their decoding to float32. A quantised encoding packs a fixed number of consecutive values of a row
// into a block of bytes; the formulas are ggml's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/format/gguf.h"

namespace manabi::model {

using Encoding = base::GgufType;

struct BlockFormat {
  Encoding encoding;
  int64_t values;                                                         // of one block
  int64_t bytes;                                                          // of one block
  void (*decode)(const std::byte* blocks, int64_t count, float* values);  // count blocks
};

// The format of a known encoding, or null.
const BlockFormat* find_block_format(Encoding encoding);

// "F32, F16, Q4_0, ..." for messages.
std::string list_encodings();

// Whether no value is infinite or not a number.
bool all_finite(std::span<const float> values);

// Rounds to bfloat16, ties to even. The values are finite.
void round_to_bfloat16(std::span<const float> values, uint16_t* rounded);

}  // namespace manabi::model
