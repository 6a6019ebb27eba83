#include "text/utf8.h"

#include <algorithm>

#include "base/error.h"
#include "base/format/utf8.h"

namespace manabi::text {

size_t character_count(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
}

char32_t code_point_at(std::string_view text, size_t offset) {
  const size_t length = character_length(text[offset]);
  const auto lead = static_cast<unsigned char>(text[offset]);
  char32_t code_point = length == 1 ? lead : lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) code_point = code_point << 6 | (static_cast<unsigned char>(text[offset + i]) & 0x3f);
  return code_point;
}

std::string utf8_of(char32_t code_point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xc0 | (code_point >> 6)), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xe0 | (code_point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | (code_point >> 18)), tail(12), tail(6), tail(0)};
}

void require_utf8(std::string_view text, const std::string& where) {
  size_t bad_offset = 0;
  if (base::is_valid_utf8(text, &bad_offset)) return;
  throw base::Error({.where = where,
                     .given = "byte " + std::to_string(bad_offset) + " is not part of a well-formed UTF-8 character",
                     .expected = "UTF-8",
                     .hint = "convert the text first, for instance with: iconv -f LATIN1 -t UTF-8"});
}

}  // namespace manabi::text
