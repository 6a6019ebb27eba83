#include "base/format/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace manabi::base {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The range of a character's second byte depends on its first (Unicode, table 3-7); this is what shuts out overlong forms and surrogates.
bool is_second_byte(unsigned char first, char second) {
  const unsigned char byte = static_cast<unsigned char>(second);
  switch (first) {
    case 0xe0:
      return byte >= 0xa0 && byte <= 0xbf;
    case 0xed:
      return byte >= 0x80 && byte <= 0x9f;
    case 0xf0:
      return byte >= 0x90 && byte <= 0xbf;
    case 0xf4:
      return byte >= 0x80 && byte <= 0x8f;
    default:
      return is_continuation(second);
  }
}

size_t length_by_first_byte(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// How many bytes from the start are ASCII, counted in whole words.
size_t ascii_words(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  size_t at = 0;
  for (uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (word & kHighBits) break;
  }
  return at;
}

}  // namespace

size_t utf8_character_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char first = static_cast<unsigned char>(text[0]);
  const size_t length = length_by_first_byte(first);
  if (length <= 1) return length;
  if (text.size() < length || !is_second_byte(first, text[1])) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return length;
}

bool is_valid_utf8(std::string_view text, size_t* bad_offset) {
  size_t at = 0;
  while (at < text.size()) {
    at += ascii_words(text.substr(at));
    if (at == text.size()) break;
    const size_t length = utf8_character_length(text.substr(at));
    if (length == 0) {
      if (bad_offset) *bad_offset = at;
      return false;
    }
    at += length;
  }
  return true;
}

std::string escaped(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t length = utf8_character_length(text);
    const unsigned char first = static_cast<unsigned char>(text[0]);
    const bool is_control = first < 0x20 || first == 0x7f;
    if (length == 0 || is_control) {
      shown += fmt::format("\\x{:02x}", first);
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(std::max(length, size_t{1}));
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kLongest = 100;
  constexpr size_t kCharacterRest = 3;  // so that the cut is not in the middle of a character
  size_t length = std::min(text.size(), kLongest);
  while (length < std::min(text.size(), kLongest + kCharacterRest) && is_continuation(text[length])) ++length;
  return "'" + escaped(text.substr(0, length)) + (length < text.size() ? "...'" : "'");
}

}  // namespace manabi::base
