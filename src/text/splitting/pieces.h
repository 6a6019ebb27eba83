// Conventions that byte-pair and SentencePiece vocabularies share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace manabi::text {

// SentencePiece's mark for a space, U+2581.
inline constexpr std::string_view kSpaceMark = "\xe2\x96\x81";

// "<0x0A>" for a newline, and back.
std::string byte_piece(unsigned char byte);
std::optional<unsigned char> byte_of_piece(std::string_view piece);

// `piece` with every `mark` as a space; an empty mark changes nothing.
std::string with_spaces(std::string_view piece, std::string_view mark);
// `text` with every space as SentencePiece's mark.
std::string with_space_marks(std::string_view text);

// Throws base::Error when `id` is not in [0, size).
void require_id(TokenId id, int64_t size, const std::string& where);

}  // namespace manabi::text
