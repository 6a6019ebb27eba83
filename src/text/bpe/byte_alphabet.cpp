#include "text/bpe/byte_alphabet.h"

#include <array>

#include "text/utf8.h"

namespace manabi::text {
namespace {

// Bytes that are printable in Latin-1 spell themselves; the others take the code points from 256 on, in their order.
constexpr bool is_printable(unsigned byte) { return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae; }

constexpr unsigned kFirstSubstitute = 256;
constexpr unsigned kEnd = 324;  // one past the last code point of the alphabet: 68 bytes are not printable

constexpr std::array<char32_t, 256> kCodePoints = [] {
  std::array<char32_t, 256> code_points{};
  unsigned next = kFirstSubstitute;
  for (unsigned byte = 0; byte < 256; ++byte) code_points[byte] = is_printable(byte) ? byte : next++;
  return code_points;
}();

constexpr std::array<int16_t, kEnd> kBytes = [] {
  std::array<int16_t, kEnd> bytes{};
  bytes.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) bytes[kCodePoints[byte]] = static_cast<int16_t>(byte);
  return bytes;
}();

}  // namespace

std::string spell_byte(unsigned char byte) { return utf8_of(kCodePoints[byte]); }

std::optional<std::string> bytes_of_spelling(std::string_view spelling) {
  std::string bytes;
  for (size_t at = 0; at < spelling.size(); at += character_length(spelling[at])) {
    const char32_t code_point = code_point_at(spelling, at);
    if (code_point >= kEnd || kBytes[code_point] < 0) return std::nullopt;
    bytes += static_cast<char>(kBytes[code_point]);
  }
  return bytes;
}

}  // namespace manabi::text
