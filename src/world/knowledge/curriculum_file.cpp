#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "world/knowledge/curriculum.h"

namespace manabi::world {
namespace {

constexpr std::array<Reading, 4> kReadings = {Reading::train_documents, Reading::train_questions, Reading::test_documents,
                                              Reading::format_questions};
constexpr std::array<ReadingOrder, 5> kOrders = {ReadingOrder::shuffled, ReadingOrder::questions_before, ReadingOrder::questions_after,
                                                 ReadingOrder::questions_before_grouped, ReadingOrder::questions_after_grouped};

// One table of the file, with messages that say where in it.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

  void check_keys(const std::vector<std::string>& known) const {
    for (const auto& [key, value] : table_) {
      const std::string name(key.str());
      if (std::ranges::find(known, name) == known.end())
        throw base::Error({.where = at(value), .given = "unknown key \"" + name + "\"", .hint = base::nearest_hint(name, known)});
    }
  }

  std::string text(const char* key, const char* otherwise = nullptr) const {
    const toml::node* node = table_.get(key);
    if (!node && otherwise) return otherwise;
    if (!node || !node->is_string()) refuse(node, fmt::format("\"{}\" is no text", key), "a text");
    return **node->as_string();
  }
  double number(const char* key, double otherwise) const {
    const toml::node* node = table_.get(key);
    if (!node) return otherwise;
    const auto value = node->value<double>();
    if (!node->is_number() || !value || !(*value > 0) || std::isinf(*value))
      refuse(node, fmt::format("\"{}\" is no positive number", key), "a number above 0");
    return *value;
  }
  std::vector<std::string> texts(const char* key) const {
    const toml::node* node = table_.get(key);
    if (!node || !node->is_array() || node->as_array()->empty()) refuse(node, fmt::format("\"{}\" is no list", key), "a list of texts");
    std::vector<std::string> all;
    for (const toml::node& each : *node->as_array()) {
      if (!each.is_string()) refuse(&each, fmt::format("\"{}\" holds what is no text", key), "texts");
      all.push_back(**each.as_string());
    }
    return all;
  }
  std::vector<TableReader> tables(const char* key) const {
    const toml::node* node = table_.get(key);
    if (!node || !node->is_array_of_tables() || node->as_array()->empty()) refuse(node, fmt::format("no [[{}]]", key), "at least one");
    std::vector<TableReader> all;
    for (const toml::node& each : *node->as_array()) all.emplace_back(*each.as_table(), path_);
    return all;
  }
  [[noreturn]] void refuse(const toml::node* node, const std::string& given, const std::string& expected, const std::string& hint = "") const {
    throw base::Error({.where = at(node ? *node : table_), .given = given, .expected = expected, .hint = hint});
  }
  const toml::node* node(const char* key) const { return table_.get(key); }

 private:
  std::string at(const toml::node& node) const { return fmt::format("{}:{}", path_, node.source().begin.line); }

  const toml::table& table_;
  std::string path_;
};

// The value of that name.
template <class Value, size_t N>
Value named(const TableReader& table, const char* key, const std::string& name, const std::array<Value, N>& known) {
  std::vector<std::string> names;
  for (const Value value : known) {
    names.push_back(name_of(value));
    if (names.back() == name) return value;
  }
  table.refuse(table.node(key), "unknown \"" + name + "\"", "", base::nearest_hint(name, names));
}

CurriculumPhase phase_of(const TableReader& table) {
  table.check_keys({"read", "epochs", "order", "rate", "weight_beside_answers"});
  CurriculumPhase phase{.epochs = table.number("epochs", 1),
                        .order = named(table, "order", table.text("order", "shuffled"), kOrders),
                        .rate = table.number("rate", 1),
                        .weight_beside_answers = table.number("weight_beside_answers", 1)};
  for (const std::string& name : table.texts("read")) phase.reading.push_back(named(table, "read", name, kReadings));
  return phase;
}

Curriculum curriculum_of(const TableReader& table) {
  table.check_keys({"name", "title", "published", "phase"});
  Curriculum curriculum{.name = table.text("name"), .title = table.text("title", "")};
  if (curriculum.title.empty()) curriculum.title = curriculum.name;
  const bool is_name =
      !curriculum.name.empty() && std::ranges::all_of(curriculum.name, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '+'; });
  if (!is_name) table.refuse(table.node("name"), "the name '" + curriculum.name + "'", "letters, digits, '-' and '+'");
  if (table.node("published")) curriculum.published = table.number("published", 0);
  for (const TableReader& phase : table.tables("phase")) curriculum.phases.push_back(phase_of(phase));
  return curriculum;
}

}  // namespace

std::vector<Curriculum> read_curricula(const std::string& path) {
  toml::table root;
  try {
    root = toml::parse(base::read_text(path), path);
  } catch (const toml::parse_error& error) {
    const toml::source_position place = error.source().begin;
    throw base::Error({.where = fmt::format("{}:{}:{}", path, place.line, place.column), .given = std::string(error.description())});
  }
  const TableReader reader(root, path);
  reader.check_keys({"arm"});
  std::vector<Curriculum> all;
  for (const TableReader& table : reader.tables("arm")) {
    all.push_back(curriculum_of(table));
    const auto is_same = [&](const Curriculum& other) { return other.name == all.back().name; };
    if (std::ranges::count_if(all, is_same) > 1) table.refuse(table.node("name"), "a second arm '" + all.back().name + "'", "names that differ");
  }
  return all;
}

}  // namespace manabi::world
