// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manabi::base {

// Bytes of the well-formed character that `text` starts with: 1 to 4, or 0 when it starts with none (overlong forms, surrogates and code
// points above U+10FFFF are not well-formed).
size_t utf8_character_length(std::string_view text);

// True when `text` is well-formed UTF-8; `bad_offset` receives the first offending byte otherwise.
bool is_valid_utf8(std::string_view text, size_t* bad_offset = nullptr);

// `text` for a message: control characters and bytes that are not UTF-8 become \xNN.
std::string escaped(std::string_view text);

// escaped(text) in single quotes; a long text is cut.
std::string in_quotes(std::string_view text);

}  // namespace manabi::base
