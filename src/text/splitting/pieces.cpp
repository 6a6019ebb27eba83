#include "text/splitting/pieces.h"

#include <charconv>

#include "base/error.h"

namespace manabi::text {
namespace {

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  size_t at = 0;
  for (size_t found = text.find(from); found != std::string_view::npos; found = text.find(from, at)) {
    result.append(text.substr(at, found - at)).append(to);
    at = found + from.size();
  }
  return result.append(text.substr(at));
}

}  // namespace

std::string byte_piece(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
}

std::optional<unsigned char> byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  unsigned char byte = 0;
  const char* const end = piece.data() + 5;
  const auto [stop, error] = std::from_chars(piece.data() + 3, end, byte, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return byte;
}

std::string with_spaces(std::string_view piece, std::string_view mark) { return mark.empty() ? std::string(piece) : replaced(piece, mark, " "); }

std::string with_space_marks(std::string_view text) { return replaced(text, " ", kSpaceMark); }

void require_id(TokenId id, int64_t size, const std::string& where) {
  if (id >= 0 && id < size) return;
  throw base::Error(
      {.where = where, .given = "no token has the id " + std::to_string(id), .expected = "an id from 0 to " + std::to_string(size - 1)});
}

}  // namespace manabi::text
