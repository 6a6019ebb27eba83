#include "model/weights/encoding.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/format/json.h"

namespace manabi::model {
namespace {

struct Golden {
  std::vector<std::byte> bytes;
  std::vector<float> values;
};

// Blocks and their values as the Python package gguf decodes them (golden/make_blocks.py).
Golden read_golden(const std::string& kind) {
  const std::string path = std::string(MANABI_SOURCE_FOLDER) + "/tests/model/golden/blocks.json";
  const base::Json entry = base::read_json(path).at(kind);
  const auto hex = entry.at("bytes").get<std::string>();
  Golden golden;
  for (size_t i = 0; i < hex.size(); i += 2) golden.bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  for (const base::Json& value : entry.at("values")) golden.values.push_back(value.get<float>());
  return golden;
}

class EveryEncoding : public ::testing::TestWithParam<Encoding> {};

TEST_P(EveryEncoding, DecodesBlocksToTheSameBitsAsTheReference) {
  const Golden golden = read_golden(base::gguf_type_name(GetParam()));
  const BlockFormat* format = find_block_format(GetParam());
  ASSERT_NE(format, nullptr);
  const auto blocks = static_cast<int64_t>(golden.bytes.size()) / format->bytes;
  ASSERT_EQ(blocks * format->values, static_cast<int64_t>(golden.values.size()));

  std::vector<float> values(golden.values.size());
  format->decode(golden.bytes.data(), blocks, values.data());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(std::bit_cast<uint32_t>(values[i]), std::bit_cast<uint32_t>(golden.values[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Encodings, EveryEncoding,
                         ::testing::Values(Encoding::f32, Encoding::f16, Encoding::bf16, Encoding::q8_0, Encoding::q4_0, Encoding::q4_1,
                                           Encoding::q5_0, Encoding::q5_1, Encoding::q4_k, Encoding::q6_k),
                         [](const auto& parameter) { return base::gguf_type_name(parameter.param); });

TEST(Encoding, HalvesDecodeInfinityAndNan) {
  const std::vector<uint16_t> halves = {0x7c00, 0xfc00, 0x7e00, 0x7bff, 0x0001};
  std::vector<float> values(halves.size());
  find_block_format(Encoding::f16)
      ->decode(reinterpret_cast<const std::byte*>(halves.data()), static_cast<int64_t>(halves.size()), values.data());
  EXPECT_EQ(values[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(values[1], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(values[3], 65504.0f);
  EXPECT_EQ(values[4], 0x1p-24f);
}

TEST(Encoding, AnUnknownNumberHasNoFormat) { EXPECT_EQ(find_block_format(static_cast<Encoding>(99)), nullptr); }

TEST(Encoding, AllFiniteFindsOneBadValueAnywhere) {
  for (const size_t size : {1u, 7u, 16u, 33u}) {
    for (size_t place = 0; place < size; ++place) {
      std::vector<float> values(size, std::numeric_limits<float>::max());
      EXPECT_TRUE(all_finite(values));
      values[place] = -std::numeric_limits<float>::infinity();
      EXPECT_FALSE(all_finite(values));
      values[place] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_FALSE(all_finite(values));
    }
  }
}

TEST(Encoding, RoundingToBfloat16IsToNearestTiesToEven) {
  const std::vector<float> values = {1.0f, std::bit_cast<float>(0x3f808000u), std::bit_cast<float>(0x3f818000u),
                                     std::bit_cast<float>(0x3f808001u), -2.5f};
  std::vector<uint16_t> rounded(values.size());
  round_to_bfloat16(values, rounded.data());
  EXPECT_EQ(rounded, (std::vector<uint16_t>{0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xc020}));
}

}  // namespace
}  // namespace manabi::model
