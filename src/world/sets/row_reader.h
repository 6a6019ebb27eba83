// Files of labelled text as rows, whatever their layout: one description per file format, one reader for all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::world {

enum class RowFormat {
  csv,              // RFC 4180: quoted cells may hold separators, doubled quotes and line ends
  table,            // cells between separators; a quote is an ordinary character
  label_then_text,  // "1 a fine film": split at the first separator
  text_then_label,  // "a fine film;joy": split at the last separator
  json_lines,       // one object a line
  text_and_labels   // x_text.txt, with the label of each line in x_labels.txt
};

enum class Encoding { utf8, latin1 };

struct RowLayout {
  RowFormat format = RowFormat::csv;
  char separator = ',';
  // Names of the columns in the file's order (csv, table, text_then_label): a first row that repeats them is skipped. Empty: the first row
  // names them.
  std::vector<std::string> columns;
  // Where each field stands: a column or a JSON key; several are joined by ". ". Unused where a line holds one text.
  std::vector<std::vector<std::string>> fields;
  std::string label;                        // column or JSON key
  std::string label_ends_at;                // characters that end the label: ":" reads DESC from DESC:manner
  std::optional<double> label_is_one_from;  // the label is a score: "1" from here on, else "0"
  bool unquotes_text = false;               // a text wrapped in quotes is a CSV cell that was written out literally
  bool adds_final_period = false;           // where a text has no punctuation mark at its end
  bool has_comments = false;                // table: lines at the file's head that start with '#' are skipped
  Encoding encoding = Encoding::utf8;       // latin1: bytes that are not UTF-8 are read as Latin-1
};

struct LabelledRow {
  std::vector<std::string> fields;  // without white space at both ends
  std::string label;                // as it stands in the file
  int64_t line = 0;                 // where the row starts, from 1
};

// Rows of one file in its order. A byte-order mark and carriage returns at line ends are dropped, empty lines skipped. Throws base::Error with
// file and line: invalid UTF-8, a column that is not there, a row with too few or too many cells, an unclosed quote.
std::vector<LabelledRow> read_rows(const std::string& path, const RowLayout& layout);

// The file that holds the labels of a text_and_labels file.
std::string labels_path(const std::string& text_path);

// The cells of CSV rows; used by read_rows.
struct CellRow {
  std::vector<std::string> cells;
  int64_t line = 0;
};
std::vector<CellRow> parse_csv(std::string_view text, char separator, const std::string& where);

std::string_view trimmed(std::string_view text);

}  // namespace manabi::world
