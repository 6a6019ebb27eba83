#include <fmt/format.h>

#include <algorithm>

#include "lab/report/blocks.h"

namespace manabi::lab::report {
namespace {

constexpr int64_t kUnitLetters = 6;  // "points"

// "71.2%", "−0.4 nats", "−0.4 [−1.2, 0.4]", "12 040", "–": begins with a digit or its sign, and at most a unit stands behind.
bool looks_numeric(const std::string& cell) {
  if ((cell[0] | 0x20) >= 'a' && (cell[0] | 0x20) <= 'z') return false;
  int64_t digits = 0, letters = 0;
  for (const Glyph& glyph : glyphs_of(cell)) {
    if (glyph.code >= '0' && glyph.code <= '9')
      ++digits;
    else if ((glyph.code | 0x20) >= 'a' && (glyph.code | 0x20) <= 'z')
      ++letters;
    else if (glyph.code >= 0x80 && glyph.code < 0x2000 && glyph.code != 0xB1 && glyph.code != 0xB7 && glyph.code != 0xA0)
      return false;
  }
  return digits > 0 && letters <= kUnitLetters;
}

bool is_blank(const std::string& cell) { return cell.empty() || cell == "-" || cell == "\xE2\x80\x93" || cell == "\xE2\x80\x94"; }

// Rows may be shorter than the table is wide.
std::string cell_at(const std::vector<std::string>& row, size_t column) { return column < row.size() ? row[column] : ""; }

bool is_numeric_column(const Table& table, size_t column) {
  bool has_number = false;
  for (const std::vector<std::string>& row : table.rows) {
    const std::string cell = cell_at(row, column);
    if (is_blank(cell)) continue;
    if (!looks_numeric(cell)) return false;
    has_number = true;
  }
  return has_number;
}

// Long names may break after an underscore.
std::string breakable(std::string cell) {
  for (size_t at = cell.find('_'); at != std::string::npos; at = cell.find('_', at + 1)) cell.insert(at + 1, "<wbr>");
  return cell;
}

std::string body_of(const Table& table, const std::vector<std::string>& classes) {
  std::string body;
  for (const std::vector<std::string>& row : table.rows) {
    body += "<tr>";
    for (size_t column = 0; column < classes.size(); ++column) {
      const std::string cell = breakable(escape(cell_at(row, column)));
      body += column == 0 ? fmt::format(R"(<th scope="row"{}>{}</th>)", classes[0], cell) : fmt::format("<td{}>{}</td>", classes[column], cell);
    }
    body += "</tr>";
  }
  return body;
}

}  // namespace

std::string html_of(const Table& table, PageContext& page) {
  size_t columns = table.columns.size();
  for (const std::vector<std::string>& row : table.rows) columns = std::max(columns, row.size());
  std::vector<std::string> classes;
  std::string head;
  for (size_t column = 0; column < columns; ++column) {
    classes.push_back(is_numeric_column(table, column) ? R"( class="number")" : "");
    head += fmt::format(R"(<th scope="col"{}>{}</th>)", classes.back(), escape(cell_at(table.columns, column)));
  }
  const std::string id = page.anchors.take("table-" + table.title);
  std::string html = fmt::format(R"(<div class="tabular" id="{}">)", id);
  if (!table.title.empty()) html += fmt::format("<h3>{}</h3>", escape(table.title));
  if (table.rows.empty()) {
    html += R"(<p class="nothing">No rows.</p>)";
  } else {
    html += fmt::format(
        R"(<div class="scroll" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>)",
        escape(table.title.empty() ? "Table" : table.title), head, body_of(table, classes));
  }
  if (!table.caption.empty()) html += fmt::format(R"(<p class="caption">{}</p>)", escape(table.caption));
  return html + "</div>";
}

std::string html_of(const std::string& paragraph, PageContext&) { return "<p>" + escape(paragraph) + "</p>"; }

}  // namespace manabi::lab::report
