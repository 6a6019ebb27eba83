// A prompt template: literal text with fields in braces, "{sentence}\nThe sentiment is{answer}". "{{" and "}}" are literal braces.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::text {

class Template {
 public:
  struct Piece {
    std::string literal;  // text before the field
    std::string field;    // "" in the last piece, which has no field
  };

  // Throws base::Error with `where` and the column for an unclosed brace or an empty field name.
  Template(std::string_view source, const std::string& where);

  // Throws base::Error for a field outside `known`, naming the nearest one.
  void check_fields(const std::vector<std::string>& known) const;

  std::string render(const std::function<std::string(const std::string& field)>& value_of) const;

  // The template up to (not including) `field`, and what stands behind it. Throws base::Error when the field is missing or occurs twice.
  Template before(const std::string& field) const;
  Template after(const std::string& field) const;

  const std::string& source() const { return source_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::string source_;
  std::string where_;
  std::vector<Piece> pieces_;
};

}  // namespace manabi::text
