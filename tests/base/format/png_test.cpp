#include "base/format/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/png.h"
#include "tests/support/archive.h"
#include "tests/support/error.h"

namespace manabi::base {
namespace {

using testing::HasSubstr;

const std::vector<uint8_t> kPicture = {0, 1, 127, 128, 254, 255};

GreyImage parsed(const std::string& bytes, int64_t most_side = 105) { return parse_png(std::as_bytes(std::span(bytes)), "a.png", most_side); }

std::string complaint(const std::string& bytes, int64_t most_side = 105) {
  return test::error_of([&] { parsed(bytes, most_side); });
}

TEST(Png, GreyValuesComeBackAsTheyWere) {
  const GreyImage image = parsed(test::png_of(kPicture, 3));
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.values, kPicture);
}

TEST(Png, OnePixelIsAnImage) { EXPECT_EQ(parsed(test::png_of({200}, 1), 1).values, std::vector<uint8_t>{200}); }

TEST(Png, WhatIsNoWholeImageIsRefusedWithItsName) {
  const std::string whole = test::png_of(kPicture, 3);
  for (const size_t size : {size_t{0}, size_t{4}, size_t{20}, whole.size() / 2, whole.size() - 20})
    EXPECT_THAT(complaint(whole.substr(0, size)), HasSubstr("a.png")) << size;
  EXPECT_THAT(complaint("no image"), HasSubstr("a.png"));
}

TEST(Png, AChangedByteInTheImageIsSeen) {
  std::string bytes = test::png_of(std::vector<uint8_t>(100, 7), 10);
  bytes[bytes.find("IDAT") + 8] ^= 0x55;
  EXPECT_THAT(complaint(bytes), HasSubstr("a.png"));
}

// The sides stand in the header: an image that claims to be huge is refused before memory is taken for it.
TEST(Png, AnImageLargerThanAllowedIsNotRead) {
  EXPECT_THAT(complaint(test::png_of(kPicture, 6), 5), HasSubstr("6 x 1 pixels"));
  EXPECT_THAT(complaint(test::png_of(kPicture, 1), 5), HasSubstr("1 x 6 pixels"));
}

TEST(Png, BrokenBytesAreReadOrRefused) {
  const std::string whole = test::png_of(std::vector<uint8_t>(64, 9), 8);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NO_THROW(fuzz::png(whole.substr(0, size))) << size;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flipped : {1u, 0x80u, 0xFFu}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flipped);
      EXPECT_NO_THROW(fuzz::png(changed)) << at;
    }
  }
}

}  // namespace
}  // namespace manabi::base
