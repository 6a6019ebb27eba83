#include "world/sets/row_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "world/punctuation.h"

namespace manabi::world {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

std::string at_line(const std::string& path, int64_t line) { return path + ":" + std::to_string(line); }

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string utf8_from_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | (byte >> 6));
      result += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return result;
}

std::string read_utf8(const std::string& path, Encoding encoding) {
  std::string text = base::read_text(path);
  size_t bad_offset = 0;
  if (!base::is_valid_utf8(text, &bad_offset)) {
    if (encoding == Encoding::latin1) return utf8_from_latin1(text);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad_offset), '\n');
    throw base::Error({.where = at_line(path, line),
                       .given = "byte " + std::to_string(bad_offset) + " is not UTF-8",
                       .expected = "a file in UTF-8",
                       .hint = "say encoding = \"latin-1\" if it is in Latin-1, or convert it with iconv"});
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

void for_each_line(std::string_view text, const std::function<void(std::string_view line, int64_t number)>& use) {
  for (int64_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    use(line, number);
  }
}

// RFC 4180, with "\r\n" and "\n" as line ends.
struct CsvParser {
  std::string_view rest;
  char separator;
  const std::string& where;
  int64_t line = 1;

  bool at_end() const { return rest.empty(); }

  CellRow row() {
    CellRow row{{}, line};
    row.cells.push_back(cell());
    while (take(separator)) row.cells.push_back(cell());
    take('\r');
    if (take('\n')) ++line;
    return row;
  }

 private:
  bool take(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  std::string cell() { return take('"') ? quoted_cell() : plain_cell(); }

  bool at_cell_end() const { return rest.empty() || rest[0] == separator || rest[0] == '\n' || rest.starts_with("\r\n") || rest == "\r"; }

  std::string plain_cell() {
    std::string cell;
    for (; !at_cell_end(); rest.remove_prefix(1)) cell += rest[0];
    return cell;
  }

  std::string quoted_cell() {
    const int64_t opened = line;
    std::string cell;
    for (;;) {
      const size_t quote = rest.find('"');
      if (quote == std::string_view::npos) throw base::Error({.where = at_line(where, opened), .given = "a quote opens here and never closes"});
      line += std::count(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(quote), '\n');
      cell += rest.substr(0, quote);
      rest.remove_prefix(quote + 1);
      if (!take('"')) break;
      cell += '"';
    }
    if (!at_cell_end()) {
      throw base::Error({.where = at_line(where, line),
                         .given = "text behind a closing quote",
                         .expected = "a separator or the end of the line",
                         .hint = "double the quotes inside a quoted cell"});
    }
    return cell;
  }
};

std::vector<CellRow> split_cells(std::string_view text, const RowLayout& layout) {
  std::vector<CellRow> rows;
  for_each_line(text, [&](std::string_view line, int64_t number) {
    if (trimmed(line).empty() || (layout.has_comments && rows.empty() && line.starts_with('#'))) return;
    CellRow row{{}, number};
    for (size_t end; (end = line.find(layout.separator)) != std::string_view::npos; line.remove_prefix(end + 1))
      row.cells.emplace_back(line.substr(0, end));
    row.cells.emplace_back(line);
    rows.push_back(std::move(row));
  });
  return rows;
}

// Two cells a line, parted at the first or the last separator.
std::vector<CellRow> split_in_two(std::string_view text, char separator, bool at_last, const std::string& path) {
  std::vector<CellRow> rows;
  for_each_line(text, [&](std::string_view line, int64_t number) {
    if (trimmed(line).empty()) return;
    const size_t cut = at_last ? line.rfind(separator) : line.find(separator);
    if (cut == std::string_view::npos) {
      throw base::Error({.where = at_line(path, number),
                         .given = "no '" + std::string(1, separator) + "' in this line",
                         .expected = "a text and its label, parted by '" + std::string(1, separator) + "'"});
    }
    rows.push_back({{std::string(line.substr(0, cut)), std::string(line.substr(cut + 1))}, number});
  });
  return rows;
}

// "say ""hello""" as a CSV cell means: say "hello". Only texts that are wrapped in quotes are touched.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string result;
  const std::string_view inner = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < inner.size(); ++i) {
    result += inner[i];
    if (inner[i] == '"' && i + 1 < inner.size() && inner[i + 1] == '"') ++i;
  }
  return std::string(trimmed(result));
}

std::string label_of(std::string_view cell, const RowLayout& layout, const std::string& where) {
  std::string label(trimmed(cell.substr(0, cell.find_first_of(layout.label_ends_at))));
  if (!layout.label_is_one_from) return label;
  char* end = nullptr;
  const double score = std::strtod(label.c_str(), &end);
  if (label.empty() || *end != '\0') throw base::Error({.where = where, .given = "label " + in_quotes(label), .expected = "a number"});
  return score >= *layout.label_is_one_from ? "1" : "0";
}

LabelledRow labelled_row(std::vector<std::string> texts, std::string_view label, int64_t line, const RowLayout& layout,
                         const std::string& path) {
  LabelledRow row{std::move(texts), label_of(label, layout, at_line(path, line)), line};
  for (std::string& text : row.fields) {
    text = std::string(trimmed(text));
    if (layout.unquotes_text) text = unquoted(text);
    if (layout.adds_final_period && !text.empty()) text = with_final_period(text);
  }
  return row;
}

size_t column_index(const std::vector<std::string>& columns, const std::string& name, const std::string& where) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  throw base::Error({.where = where, .given = "there is no column " + in_quotes(name), .hint = base::nearest_hint(name, columns)});
}

std::vector<LabelledRow> rows_of_cells(std::vector<CellRow> cells, const RowLayout& layout, const std::string& path) {
  std::vector<std::string> columns = layout.columns;
  const int64_t first_line = cells.empty() ? 1 : cells.front().line;
  if (!cells.empty() && (columns.empty() || cells.front().cells == columns)) {
    columns = cells.front().cells;
    for (std::string& column : columns) column = std::string(trimmed(column));
    cells.erase(cells.begin());
  }
  std::vector<std::vector<size_t>> field_columns;
  for (const std::vector<std::string>& names : layout.fields) {
    field_columns.emplace_back();
    for (const std::string& name : names) field_columns.back().push_back(column_index(columns, name, at_line(path, first_line)));
  }
  const size_t label_column = column_index(columns, layout.label, at_line(path, first_line));

  std::vector<LabelledRow> rows;
  for (const CellRow& row : cells) {
    if (row.cells.size() != columns.size()) {
      throw base::Error({.where = at_line(path, row.line),
                         .given = std::to_string(row.cells.size()) + " cells",
                         .expected = std::to_string(columns.size()) + " cells, as the file has columns",
                         .hint = "put a text that holds the separator or a line end in double quotes (CSV)"});
    }
    std::vector<std::string> texts;
    for (const std::vector<size_t>& parts : field_columns) {
      std::string text;
      for (const size_t part : parts) text += (text.empty() ? "" : ". ") + row.cells[part];
      texts.push_back(std::move(text));
    }
    rows.push_back(labelled_row(std::move(texts), row.cells[label_column], row.line, layout, path));
  }
  return rows;
}

// A label may be written as a string, a whole number or a truth value.
std::string text_of(const base::Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

const base::Json& member(const base::Json& object, const std::string& key, const std::string& where) {
  if (!object.is_object())
    throw base::Error({.where = where, .given = std::string("a JSON ") + object.type_name(), .expected = "one object a line"});
  const auto found = object.find(key);
  if (found != object.end()) return *found;
  std::vector<std::string> keys;
  for (const auto& [name, value] : object.items()) keys.push_back(name);
  throw base::Error({.where = where, .given = "there is no key " + in_quotes(key), .hint = base::nearest_hint(key, keys)});
}

std::vector<LabelledRow> rows_of_json_lines(std::string_view text, const RowLayout& layout, const std::string& path) {
  std::vector<LabelledRow> rows;
  base::for_each_json_line(text, path, [&](const base::Json& object, int64_t line) {
    const std::string where = at_line(path, line);
    std::vector<std::string> texts;
    for (const std::vector<std::string>& names : layout.fields) {
      std::string joined;
      for (const std::string& name : names) {
        const base::Json& value = member(object, name, where);
        if (!value.is_string()) throw base::Error({.where = where, .given = in_quotes(name) + " is " + value.dump(), .expected = "a string"});
        joined += (joined.empty() ? "" : ". ") + value.get<std::string>();
      }
      texts.push_back(std::move(joined));
    }
    const base::Json& label = member(object, layout.label, where);
    if (label.is_structured() || label.is_null()) {
      throw base::Error(
          {.where = where, .given = in_quotes(layout.label) + " is " + label.dump(), .expected = "a string, a number or a truth value"});
    }
    rows.push_back(labelled_row(std::move(texts), text_of(label), line, layout, path));
  });
  return rows;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for_each_line(text, [&](std::string_view line, int64_t) { lines.emplace_back(line); });
  return lines;
}

std::vector<LabelledRow> rows_of_aligned_files(std::string_view text, const RowLayout& layout, const std::string& path) {
  const std::vector<std::string> texts = lines_of(text);
  const std::vector<std::string> labels = lines_of(read_utf8(labels_path(path), layout.encoding));
  if (texts.size() != labels.size()) {
    throw base::Error({.where = labels_path(path),
                       .given = std::to_string(labels.size()) + " lines",
                       .expected = std::to_string(texts.size()) + " lines, one label for each line of " + path});
  }
  std::vector<LabelledRow> rows;
  for (size_t i = 0; i < texts.size(); ++i) rows.push_back(labelled_row({texts[i]}, labels[i], static_cast<int64_t>(i) + 1, layout, path));
  return rows;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string labels_path(const std::string& text_path) {
  constexpr std::string_view kText = "_text";
  const size_t found = text_path.rfind(kText);
  return found == std::string::npos ? text_path + ".labels" : std::string(text_path).replace(found, kText.size(), "_labels");
}

std::vector<CellRow> parse_csv(std::string_view text, char separator, const std::string& where) {
  CsvParser parser{text, separator, where};
  std::vector<CellRow> rows;
  while (!parser.at_end()) {
    CellRow row = parser.row();
    if (row.cells.size() > 1 || !trimmed(row.cells[0]).empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<LabelledRow> read_rows(const std::string& path, const RowLayout& layout) {
  const std::string text = read_utf8(path, layout.encoding);
  switch (layout.format) {
    case RowFormat::csv:
      return rows_of_cells(parse_csv(text, layout.separator, path), layout, path);
    case RowFormat::table:
      return rows_of_cells(split_cells(text, layout), layout, path);
    case RowFormat::label_then_text:
      return rows_of_cells(split_in_two(text, layout.separator, false, path), layout, path);
    case RowFormat::text_then_label:
      return rows_of_cells(split_in_two(text, layout.separator, true, path), layout, path);
    case RowFormat::json_lines:
      return rows_of_json_lines(text, layout, path);
    case RowFormat::text_and_labels:
      return rows_of_aligned_files(text, layout, path);
  }
  throw base::Error({.where = path, .given = "a row format without a reader"});
}

}  // namespace manabi::world
