#include "model/weights/encoding.h"

#include <array>
#include <bit>
#include <cstring>

namespace manabi::model {
namespace {

float from_half(uint16_t half) {
  const uint32_t magnitude = half & 0x7fffu;
  // A half's exponent and mantissa, read as float32 bits, lie 112 octaves too low; the product also makes subnormals right.
  float value = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  if (magnitude >= 0x7c00u) value = std::bit_cast<float>((magnitude << 13) | 0x7f800000u);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | (static_cast<uint32_t>(half & 0x8000u) << 16));
}

uint16_t half_bits(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] | (bytes[1] << 8)); }
float half_at(const uint8_t* bytes) { return from_half(half_bits(bytes)); }
int low_nibble(uint8_t byte) { return byte & 0x0f; }
int high_nibble(uint8_t byte) { return byte >> 4; }

void decode_f32(const std::byte* source, int64_t count, float* values) { std::memcpy(values, source, static_cast<size_t>(count) * 4); }

void decode_f16(const std::byte* source, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) {
    uint16_t half;
    std::memcpy(&half, source + 2 * i, 2);
    values[i] = from_half(half);
  }
}

void decode_bf16(const std::byte* source, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) {
    uint16_t upper;
    std::memcpy(&upper, source + 2 * i, 2);
    values[i] = std::bit_cast<float>(static_cast<uint32_t>(upper) << 16);
  }
}

// Calls decode_block(block, values) for each block of Bytes bytes and Values values.
template <int64_t Bytes, int64_t Values, class DecodeBlock>
void for_each_block(const std::byte* source, int64_t count, float* values, DecodeBlock decode_block) {
  const auto* block = reinterpret_cast<const uint8_t*>(source);
  for (int64_t i = 0; i < count; ++i, block += Bytes, values += Values) decode_block(block, values);
}

// Scale; 16 bytes whose low nibbles are values 0-15 and whose high nibbles are values 16-31, both less 8.
void decode_q4_0(const std::byte* source, int64_t count, float* out) {
  for_each_block<18, 32>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale = half_at(block);
    for (int i = 0; i < 16; ++i) {
      values[i] = static_cast<float>(low_nibble(block[2 + i]) - 8) * scale;
      values[i + 16] = static_cast<float>(high_nibble(block[2 + i]) - 8) * scale;
    }
  });
}

// Scale and minimum; nibbles as in Q4_0, without the offset.
void decode_q4_1(const std::byte* source, int64_t count, float* out) {
  for_each_block<20, 32>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    for (int i = 0; i < 16; ++i) {
      values[i] = static_cast<float>(low_nibble(block[4 + i])) * scale + minimum;
      values[i + 16] = static_cast<float>(high_nibble(block[4 + i])) * scale + minimum;
    }
  });
}

// The fifth bits of 32 values: bit i of the little-endian word belongs to value i.
uint32_t fifth_bits(const uint8_t* bytes) {
  uint32_t bits;
  std::memcpy(&bits, bytes, 4);
  return bits;
}

void decode_q5_0(const std::byte* source, int64_t count, float* out) {
  for_each_block<22, 32>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale = half_at(block);
    const uint32_t fifth = fifth_bits(block + 2);
    for (int i = 0; i < 16; ++i) {
      const int low = low_nibble(block[6 + i]) | static_cast<int>((fifth >> i & 1) << 4);
      const int high = high_nibble(block[6 + i]) | static_cast<int>((fifth >> (i + 16) & 1) << 4);
      values[i] = static_cast<float>(low - 16) * scale;
      values[i + 16] = static_cast<float>(high - 16) * scale;
    }
  });
}

void decode_q5_1(const std::byte* source, int64_t count, float* out) {
  for_each_block<24, 32>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale = half_at(block);
    const float minimum = half_at(block + 2);
    const uint32_t fifth = fifth_bits(block + 4);
    for (int i = 0; i < 16; ++i) {
      const int low = low_nibble(block[8 + i]) | static_cast<int>((fifth >> i & 1) << 4);
      const int high = high_nibble(block[8 + i]) | static_cast<int>((fifth >> (i + 16) & 1) << 4);
      values[i] = static_cast<float>(low) * scale + minimum;
      values[i + 16] = static_cast<float>(high) * scale + minimum;
    }
  });
}

void decode_q8_0(const std::byte* source, int64_t count, float* out) {
  for_each_block<34, 32>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale = half_at(block);
    for (int i = 0; i < 32; ++i) values[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * scale;
  });
}

// The 6-bit scale and minimum of one of the 8 sub-blocks of a Q4_K block, from its 12 packed bytes: the first four pairs lie in the low six
// bits of bytes 0-7; the last four have their low nibbles in bytes 8-11 and their upper two bits on top of bytes 0-7.
struct ScaleAndMinimum {
  float scale;
  float minimum;
};
ScaleAndMinimum sub_block_scale(const uint8_t* packed, int sub_block) {
  if (sub_block < 4) return {static_cast<float>(packed[sub_block] & 63), static_cast<float>(packed[sub_block + 4] & 63)};
  const uint8_t nibbles = packed[sub_block + 4];
  return {static_cast<float>(low_nibble(nibbles) | (packed[sub_block - 4] >> 6 << 4)),
          static_cast<float>(high_nibble(nibbles) | (packed[sub_block] >> 6 << 4))};
}

// 256 values in 8 sub-blocks of 32; two neighbours share 32 bytes (low and high nibbles).
void decode_q4_k(const std::byte* source, int64_t count, float* out) {
  for_each_block<144, 256>(source, count, out, [](const uint8_t* block, float* values) {
    const float scale_unit = half_at(block);
    const float minimum_unit = half_at(block + 2);
    for (int sub_block = 0; sub_block < 8; ++sub_block) {
      const ScaleAndMinimum six_bits = sub_block_scale(block + 4, sub_block);
      const float scale = scale_unit * six_bits.scale;
      const float minimum = minimum_unit * six_bits.minimum;
      const uint8_t* nibbles = block + 16 + sub_block / 2 * 32;
      const int shift = sub_block % 2 * 4;
      for (int i = 0; i < 32; ++i) values[sub_block * 32 + i] = static_cast<float>(nibbles[i] >> shift & 0x0f) * scale - minimum;
    }
  });
}

// 256 values in two halves of 128: 64 bytes of low nibbles, 32 bytes of upper bit pairs and 8 signed scales (one for 16 values) a half.
void decode_q6_k(const std::byte* source, int64_t count, float* out) {
  for_each_block<210, 256>(source, count, out, [](const uint8_t* block, float* values) {
    const float unit = half_at(block + 208);
    for (int quarter = 0; quarter < 8; ++quarter) {
      const int half = quarter / 4;
      const int within = quarter % 4;
      const uint8_t* nibbles = block + half * 64 + within % 2 * 32;
      const uint8_t* pairs = block + 128 + half * 32;
      const auto* scales = reinterpret_cast<const int8_t*>(block + 192 + quarter * 2);
      for (int i = 0; i < 32; ++i) {
        const int low = nibbles[i] >> (within / 2 * 4) & 0x0f;
        const int upper = pairs[i] >> (within * 2) & 3;
        values[quarter * 32 + i] = unit * static_cast<float>(scales[i / 16]) * static_cast<float>((low | upper << 4) - 32);
      }
    }
  });
}

constexpr std::array<BlockFormat, 10> kBlockFormats = {{
    {Encoding::f32, 1, 4, decode_f32},
    {Encoding::f16, 1, 2, decode_f16},
    {Encoding::bf16, 1, 2, decode_bf16},
    {Encoding::q8_0, 32, 34, decode_q8_0},
    {Encoding::q4_0, 32, 18, decode_q4_0},
    {Encoding::q4_1, 32, 20, decode_q4_1},
    {Encoding::q5_0, 32, 22, decode_q5_0},
    {Encoding::q5_1, 32, 24, decode_q5_1},
    {Encoding::q4_k, 256, 144, decode_q4_k},
    {Encoding::q6_k, 256, 210, decode_q6_k},
}};

}  // namespace

const BlockFormat* find_block_format(Encoding encoding) {
  for (const BlockFormat& format : kBlockFormats) {
    if (format.encoding == encoding) return &format;
  }
  return nullptr;
}

std::string list_encodings() {
  std::string list;
  for (const BlockFormat& format : kBlockFormats) list += (list.empty() ? "" : ", ") + base::gguf_type_name(format.encoding);
  return list;
}

bool all_finite(std::span<const float> values) {
  uint32_t found = 0;
  for (const float value : values) found |= (std::bit_cast<uint32_t>(value) & 0x7f800000u) == 0x7f800000u;
  return found == 0;
}

void round_to_bfloat16(std::span<const float> values, uint16_t* rounded) {
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(values[i]);
    rounded[i] = static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
  }
}

}  // namespace manabi::model
