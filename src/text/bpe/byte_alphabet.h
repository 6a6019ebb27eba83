// GPT-2's alphabet: each of the 256 bytes written as one printable character ("Ġ" is a space, "Ċ" a newline), so that byte-level tokens can be
// spelled in text files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace manabi::text {

std::string spell_byte(unsigned char byte);

// The bytes behind a spelling; nothing when one of its characters is not of the alphabet.
std::optional<std::string> bytes_of_spelling(std::string_view spelling);

}  // namespace manabi::text
