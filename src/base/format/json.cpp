#include "base/format/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace manabi::base {
namespace {

constexpr size_t kDeepest = 512;

// Where a text stands in its file: all of it (line 1, byte 0), or one line of a JSON Lines file.
struct Source {
  std::string file;
  int64_t line = 1;
  size_t byte = 0;
};

// "file:line:column" of text[offset]; columns count characters from 1.
std::string position(std::string_view text, size_t offset, const Source& source) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 = 0
  const auto is_line_end = [](char byte) { return byte == '\n'; };
  const auto is_first_of_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  const int64_t line = source.line + std::count_if(before.begin(), before.end(), is_line_end);
  const int64_t column = 1 + std::count_if(before.begin() + static_cast<int64_t>(line_begin), before.end(), is_first_of_character);
  return fmt::format("{}:{}:{}", source.file, line, column);
}

// An iterator over the text that tells how far the parser has read, so that errors of our own have a position too.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) { return {std::exchange(at_, at_ + 1), furthest_}; }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// Builds the document from the parser's events. Finished values wait on one stack until their container closes and takes them all at once:
// no look-ups while an object grows (ordered_json searches its whole list for every key: 50,000 tokens would take seconds).
class Builder {
 public:
  Builder(std::string_view text, const Source& source) : text_(text), source_(source), furthest_(text.data()) {}

  Json build() {
    const CountingIterator begin(text_.data(), &furthest_), end(text_.data() + text_.size(), &furthest_);
    Json::sax_parse(begin, end, this);
    return std::move(values_.back());
  }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(int64_t value) { return add(value); }
  bool number_unsigned(uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }  // occurs in binary formats alone

  bool start_object(size_t) { return open(); }
  bool start_array(size_t) { return open(); }

  bool key(std::string& value) {
    keys_.push_back(std::move(value));
    return true;
  }

  bool end_object() {
    const Level level = close();
    const size_t count = values_.size() - level.values;
    refuse_duplicates(std::span(keys_).last(count));
    Json object = Json::object();
    auto& members = object.get_ref<Json::object_t&>();
    members.reserve(count);
    for (size_t i = 0; i < count; ++i) members.emplace_back(std::move(keys_[level.keys + i]), std::move(values_[level.values + i]));
    keys_.resize(level.keys);
    values_.resize(level.values);
    return add(std::move(object));
  }

  bool end_array() {
    const Level level = close();
    const auto first = values_.begin() + static_cast<int64_t>(level.values);
    Json::array_t elements(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
    values_.resize(level.values);
    return add(std::move(elements));
  }

  bool parse_error(size_t byte, const std::string&, const nlohmann::json::exception& failure) {
    fail(byte > 0 ? byte - 1 : 0, reason_of(failure.what()));
  }

 private:
  struct Level {
    size_t keys, values;  // heights of the stacks when the container was opened
  };

  template <class T>
  bool add(T&& value) {
    values_.emplace_back(std::forward<T>(value));
    return true;
  }

  bool open() {
    if (levels_.size() == kDeepest) fail(read_offset(), fmt::format("nested deeper than {} levels", kDeepest));
    levels_.push_back({keys_.size(), values_.size()});
    return true;
  }

  Level close() {
    const Level level = levels_.back();
    levels_.pop_back();
    return level;
  }

  void refuse_duplicates(std::span<const std::string> keys) {
    sorted_.assign(keys.begin(), keys.end());
    std::sort(sorted_.begin(), sorted_.end());
    const auto twin = std::adjacent_find(sorted_.begin(), sorted_.end());
    if (twin != sorted_.end()) fail(read_offset(), fmt::format("the object that ends here has the key {} twice", in_quotes(*twin)));
  }

  // The character that was read last.
  size_t read_offset() const { return furthest_ == text_.data() ? 0 : static_cast<size_t>(furthest_ - text_.data()) - 1; }

  [[noreturn]] void fail(size_t offset, std::string reason) const {
    throw Error({.where = position(text_, offset, source_), .given = std::move(reason), .expected = "", .hint = ""});
  }

  // nlohmann's message without its own number and position. It may quote half a character.
  static std::string reason_of(std::string_view message) {
    const size_t number_end = message.find("] ");
    if (number_end != message.npos) message.remove_prefix(number_end + 2);
    if (message.starts_with("parse error at")) message.remove_prefix(message.find(": ") + 2);
    return escaped(message);
  }

  std::string_view text_;
  const Source& source_;
  const char* furthest_;
  std::vector<Json> values_;
  std::vector<std::string> keys_;
  std::vector<Level> levels_;
  std::vector<std::string_view> sorted_;
};

Json parse(std::string_view text, const Source& source) {
  size_t bad = 0;
  if (!is_valid_utf8(text, &bad)) {
    throw Error({.where = position(text, bad, source),
                 .given = fmt::format("byte 0x{:02x} at offset {} is not UTF-8", static_cast<unsigned char>(text[bad]), source.byte + bad),
                 .expected = "text in UTF-8",
                 .hint = ""});
  }
  return Builder(text, source).build();
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

}  // namespace

Json parse_json(std::string_view text, const std::string& where) { return parse(text, {.file = where}); }

Json read_json(const std::string& path) { return parse_json(read_text(path), path); }

void for_each_json_line(std::string_view text, const std::string& where, const std::function<void(const Json&, int64_t)>& use) {
  Source source{.file = where};
  while (source.byte < text.size()) {
    const size_t end = std::min(text.find('\n', source.byte), text.size());
    const std::string_view line = text.substr(source.byte, end - source.byte);
    if (!is_blank(line)) use(parse(line, source), source.line);
    source.byte = end + 1;
    ++source.line;
  }
}

}  // namespace manabi::base
