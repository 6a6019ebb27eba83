// Bytes as something that a person can read and JSON can hold.
#pragma once

#include <string>
#include <string_view>

namespace manabi::base {

// The text itself where it is well-formed UTF-8; else each byte as <E2>. One token of a byte-level tokenizer may be part of a character.
std::string printable(std::string_view bytes);

}  // namespace manabi::base
