// A prompt template: literal text with fields in braces, "{sentence}\nThe sentiment is{answer}". "{{" and "}}" are literal braces.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::text {

class Template {
 public:
  struct Piece {
    std::string literal;  // text before the field
    std::string field;    // "" in the last piece, which has no field
    size_t begin = 0;     // the field's place in the source, braces included: [begin, end) in bytes
    size_t end = 0;
  };

  // Throws base::Error with `where` and the column for a brace without its partner or an empty field name. Columns count characters from 1.
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
  void parse();
  void add_field(size_t begin, std::string& literal);
  const Piece& only(const std::string& field) const;
  std::string place(size_t offset) const;

  std::string source_;
  std::string where_;
  std::vector<Piece> pieces_;
};

}  // namespace manabi::text
