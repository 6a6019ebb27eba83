// The little of UTF-8 that tokenizing needs. Text is checked once at the door (`require_utf8`); everything behind it trusts the bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manabi::text {

// Bytes of the character that starts with `lead`, in well-formed UTF-8.
constexpr size_t character_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

constexpr bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

size_t character_count(std::string_view text);

// The code point at `offset` of well-formed UTF-8.
char32_t code_point_at(std::string_view text, size_t offset);
std::string utf8_of(char32_t code_point);

// Throws base::Error with `where` and the byte offset when `text` is not well-formed.
void require_utf8(std::string_view text, const std::string& where = "text");

}  // namespace manabi::text
