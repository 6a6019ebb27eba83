#include "lab/store/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

namespace manabi::lab {
namespace {

std::string line_of(const base::Json& value) { return value.dump(-1, ' ', false, base::Json::error_handler_t::replace) + "\n"; }

base::Json head(const std::string& study, const char* kind, const CellRecord& record) {
  return {{"kind", kind}, {"study", study}, {"cell", record.key}, {"at", record.cell.at}};
}

std::string cell_line(const std::string& study, const CellRecord& record) {
  base::Json line = head(study, "cell", record);
  line.update({{"inputs", record.cell.inputs},
               {"part", record.cell.part},
               {"seconds", record.seconds},
               {"artifacts", record.artifacts},
               {"exhibits", record.exhibits}});
  return line_of(line);
}

std::string row_line(const std::string& study, const CellRecord& record, const Row& row) {
  base::Json line = head(study, "row", record);
  line.update({{"metric", row.metric}, {"row_at", row.at}, {"value", row.value}, {"n", row.n}});
  return line_of(line);
}

std::string item_line(const std::string& study, const CellRecord& record, const ScoredItem& item) {
  base::Json line = head(study, "item", record);
  line.update({{"item", item.id}, {"draw", item.draw}, {"target", item.target}, {"is_right", item.is_right()}, {"scores", item.scores}});
  return line_of(line);
}

// One line of CSV, field by field, quoted where RFC 4180 asks for it; lines end as the RFC says, with CR LF.
class CsvLine {
 public:
  CsvLine& add(std::string_view field) {
    if (!is_first_) text_ += ',';
    is_first_ = false;
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += field;
      return *this;
    }
    text_ += '"';
    for (const char character : field) text_.append(character == '"' ? 2 : 1, character);
    text_ += '"';
    return *this;
  }
  CsvLine& add(double value) { return add(fmt::format("{}", value)); }  // the shortest text that reads back to the same number
  CsvLine& add(int64_t value) { return add(std::to_string(value)); }
  CsvLine& add_all(std::span<const std::string> fields) {
    for (const std::string& field : fields) add(field);
    return *this;
  }
  CsvLine& add_coordinates(std::span<const std::string> names, const Coordinates& at) {
    for (const std::string& name : names) {
      const auto found = at.find(name);
      add(found == at.end() ? std::string_view() : std::string_view(found->second));
    }
    return *this;
  }
  std::string end() const { return text_ + "\r\n"; }

 private:
  std::string text_;
  bool is_first_ = true;
};

std::vector<std::string> cell_coordinates(const Records& records) {
  std::set<std::string> names;
  for (const CellRecord& record : records) {
    for (const auto& [name, value] : record.cell.at) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> row_coordinates(const Records& records) {
  std::set<std::string> names;
  for (const CellRecord& record : records) {
    for (const Row& row : record.rows) {
      for (const auto& [name, value] : row.at) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> without_clashes(std::vector<std::string> names, const std::vector<std::string>& taken) {
  for (std::string& name : names) {
    if (std::ranges::find(taken, name) != taken.end()) name.insert(0, "row_");
  }
  return names;
}

size_t most_choices(const Records& records) {
  size_t most = 0;
  for (const CellRecord& record : records) {
    for (const ScoredItem& item : record.items) most = std::max(most, item.scores.size());
  }
  return most;
}

}  // namespace

std::string export_jsonl(const std::string& study, const Records& records) {
  std::string text;
  for (const CellRecord& record : records) {
    text += cell_line(study, record);
    for (const Row& row : record.rows) text += row_line(study, record, row);
    for (const ScoredItem& item : record.items) text += item_line(study, record, item);
  }
  return text;
}

std::string export_csv(const std::string& study, const Records& records) {
  const std::vector<std::string> cell_names = cell_coordinates(records);
  const std::vector<std::string> row_names = row_coordinates(records);
  std::string text = CsvLine()
                         .add("study")
                         .add("cell")
                         .add_all(cell_names)
                         .add_all(without_clashes(row_names, cell_names))
                         .add("metric")
                         .add("value")
                         .add("n")
                         .end();
  for (const CellRecord& record : records) {
    for (const Row& row : record.rows) {
      CsvLine line;
      line.add(study).add(record.key).add_coordinates(cell_names, record.cell.at).add_coordinates(row_names, row.at);
      text += line.add(row.metric).add(row.value).add(row.n).end();
    }
  }
  return text;
}

std::string export_items_csv(const std::string& study, const Records& records) {
  const std::vector<std::string> cell_names = cell_coordinates(records);
  const size_t choices = most_choices(records);
  CsvLine header;
  header.add("study").add("cell").add_all(cell_names).add("item").add("draw").add("target").add("is_right");
  for (size_t choice = 0; choice < choices; ++choice) header.add("score_" + std::to_string(choice));
  std::string text = header.end();
  for (const CellRecord& record : records) {
    for (const ScoredItem& item : record.items) {
      CsvLine line;
      line.add(study).add(record.key).add_coordinates(cell_names, record.cell.at).add(item.id).add(item.draw).add(item.target);
      line.add(item.is_right() ? "true" : "false");
      for (size_t choice = 0; choice < choices; ++choice) choice < item.scores.size() ? line.add(item.scores[choice]) : line.add("");
      text += line.end();
    }
  }
  return text;
}

}  // namespace manabi::lab
