#include "text/template.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "text/utf8.h"

namespace manabi::text {

Template::Template(std::string_view source, const std::string& where) : source_(source), where_(where) { parse(); }

void Template::parse() {
  std::string literal;
  size_t at = 0;
  while (at < source_.size()) {
    const char letter = source_[at];
    const bool doubled = at + 1 < source_.size() && source_[at + 1] == letter;
    if ((letter == '{' || letter == '}') && doubled) {
      literal += letter;
      at += 2;
    } else if (letter == '{') {
      add_field(at, literal);
      at = pieces_.back().end;
    } else if (letter == '}') {
      throw base::Error(
          {.where = place(at), .given = "'}' closes no field", .expected = "'{' before it", .hint = "a literal brace is written '}}'"});
    } else {
      literal += letter;
      ++at;
    }
  }
  pieces_.push_back({.literal = std::move(literal), .begin = source_.size(), .end = source_.size()});
}

// Adds the piece whose field opens at `begin`; `literal` is the text in front of it and is empty afterwards.
void Template::add_field(size_t begin, std::string& literal) {
  const size_t close = source_.find_first_of("{}", begin + 1);
  if (close == std::string::npos || source_[close] == '{')
    throw base::Error({.where = place(begin),
                       .given = "'{' is never closed",
                       .expected = "'}' after the field's name",
                       .hint = "a literal brace is written '{{'"});
  std::string field = source_.substr(begin + 1, close - begin - 1);
  if (field.empty())
    throw base::Error({.where = place(begin),
                       .given = "'{}' names no field",
                       .expected = "a name between the braces",
                       .hint = "literal braces are written '{{}}'"});
  pieces_.push_back({.literal = std::exchange(literal, {}), .field = std::move(field), .begin = begin, .end = close + 1});
}

void Template::check_fields(const std::vector<std::string>& known) const {
  for (const Piece& piece : pieces_) {
    if (piece.field.empty() || std::ranges::find(known, piece.field) != known.end()) continue;
    throw base::Error(
        {.where = place(piece.begin), .given = "unknown field {" + piece.field + "}", .hint = base::nearest_hint(piece.field, known)});
  }
}

std::string Template::render(const std::function<std::string(const std::string& field)>& value_of) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.literal;
    if (!piece.field.empty()) text += value_of(piece.field);
  }
  return text;
}

Template Template::before(const std::string& field) const { return Template(std::string_view(source_).substr(0, only(field).begin), where_); }

Template Template::after(const std::string& field) const {
  return Template(std::string_view(source_).substr(only(field).end), where_ + ", behind {" + field + "}");
}

const Template::Piece& Template::only(const std::string& field) const {
  const Piece* found = nullptr;
  for (const Piece& piece : pieces_) {
    if (piece.field != field) continue;
    if (found)
      throw base::Error({.where = place(piece.begin), .given = "field {" + field + "} occurs twice", .expected = "{" + field + "} once"});
    found = &piece;
  }
  if (!found) throw base::Error({.where = where_, .given = "the template has no field {" + field + "}", .expected = "{" + field + "} once"});
  return *found;
}

std::string Template::place(size_t offset) const {
  const std::string column = std::to_string(character_count(std::string_view(source_).substr(0, offset)) + 1);
  return where_ + ": column " + column;
}

}  // namespace manabi::text
