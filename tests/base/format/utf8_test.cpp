#include "base/format/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace manabi::base {
namespace {

std::string encode(uint32_t code) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), byte(0x80 | (code & 63))};
  if (code < 0x10000) return {byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
  return {byte(0xf0 | code >> 18), byte(0x80 | (code >> 12 & 63)), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
}

TEST(Utf8, TakesEveryScalarValueAndNoSurrogate) {
  for (uint32_t code = 0; code < 0x110000; ++code) {
    const bool is_surrogate = code >= 0xd800 && code < 0xe000;
    ASSERT_EQ(is_valid_utf8(encode(code)), !is_surrogate) << std::hex << code;
    ASSERT_EQ(utf8_character_length(encode(code) + "x"), is_surrogate ? 0 : encode(code).size()) << std::hex << code;
  }
  EXPECT_FALSE(is_valid_utf8(encode(0x110000)));
}

TEST(Utf8, RefusesOverlongForms) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf"})
    EXPECT_FALSE(is_valid_utf8(text));
}

TEST(Utf8, RefusesStrayAndImpossibleBytes) {
  for (int byte = 0x80; byte < 0x100; ++byte) EXPECT_FALSE(is_valid_utf8(std::string(1, static_cast<char>(byte)))) << byte;
}

TEST(Utf8, RefusesEveryTruncation) {
  for (const uint32_t code : {0xe9u, 0x20acu, 0x1f600u}) {
    const std::string whole = encode(code);
    for (size_t length = 1; length < whole.size(); ++length) {
      EXPECT_FALSE(is_valid_utf8(whole.substr(0, length)));
      EXPECT_FALSE(is_valid_utf8(whole.substr(0, length) + "plain"));
    }
  }
}

// ASCII is skipped in words of eight bytes: the offset must be right wherever the bad byte lies in one.
TEST(Utf8, TellsTheFirstBadByteAtEveryAlignment) {
  for (size_t before = 0; before < 40; ++before) {
    for (size_t after = 0; after < 20; ++after) {
      size_t bad = 999;
      EXPECT_FALSE(is_valid_utf8(std::string(before, 'a') + "\xff" + std::string(after, 'b') + "\xff", &bad));
      EXPECT_EQ(bad, before);
    }
  }
}

TEST(Utf8, AnEmptyTextIsValidAndHasNoCharacter) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_EQ(utf8_character_length(""), 0u);
}

TEST(InQuotes, ShowsTextAndEscapesTheRest) {
  EXPECT_EQ(in_quotes("plain"), "'plain'");
  EXPECT_EQ(in_quotes("学び"), "'学び'");
  EXPECT_EQ(in_quotes(std::string("a\n\0\x1b\x7f\xff", 6)), "'a\\x0a\\x00\\x1b\\x7f\\xff'");
}

TEST(InQuotes, CutsALongRunOfStrayBytesToo) {
  EXPECT_EQ(in_quotes(std::string(200, '\xff')).size(), 2 + 100 * 4 + 3u);
  EXPECT_LE(in_quotes(std::string(100000, '\x80')).size(), 2 + 104 * 4 + 3u);
}

TEST(InQuotes, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(100, 'a')), "'" + std::string(100, 'a') + "'");
  EXPECT_EQ(in_quotes(std::string(101, 'a')), "'" + std::string(100, 'a') + "...'");
  EXPECT_EQ(in_quotes(std::string(99, 'a') + "éx"), "'" + std::string(99, 'a') + "é...'");
}

}  // namespace
}  // namespace manabi::base
