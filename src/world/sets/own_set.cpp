#include "world/sets/own_set.h"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "world/few_shot/prompt.h"
#include "world/sets/assembly.h"
#include "world/sets/task_family.h"

namespace manabi::world {

namespace {

// The entries of a table in the order in which they were written (toml++ sorts them by name).
std::vector<std::pair<std::string, const toml::node*>> in_written_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(key.str(), &node);
  std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
    const toml::source_position a = left.second->source().begin, b = right.second->source().begin;
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return entries;
}

// The [dataset] table of a file, asked for one key at a time; every complaint names file and line.
class Description {
 public:
  explicit Description(const std::string& path) : path_(path), root_(parse(path)) {
    check_keys(root_, {"dataset"});
    const toml::node* dataset = root_.get("dataset");
    if (!dataset) throw base::Error({.where = path_, .given = "there is no [dataset]", .hint = "docs/data_sets.md shows a whole file"});
    if (!dataset->is_table()) refuse(*dataset, "dataset is a " + kind(*dataset), "a table: [dataset]");
    table_ = dataset->as_table();
    check_keys(*table_,
               {"name", "kind", "source", "train", "test", "test_share", "encoding", "fields", "label", "labels", "natural", "minimal"});
  }

  bool has(const std::string& key) const { return table_->contains(key); }

  const toml::node& node(const std::string& key) const {
    if (const toml::node* found = table_->get(key)) return *found;
    throw base::Error({.where = at(*table_), .given = "[dataset] lacks \"" + key + "\"", .hint = "docs/data_sets.md shows a whole file"});
  }

  std::string text(const std::string& key) const { return text_of(node(key), key); }
  std::string text(const std::string& key, const std::string& or_else) const { return has(key) ? text(key) : or_else; }

  std::string text_of(const toml::node& value, const std::string& what) const {
    if (!value.is_string()) refuse(value, what + " is a " + kind(value), "a string");
    return std::string(**value.as_string());
  }

  const toml::table& table_of(const toml::node& value, const std::string& what) const {
    if (!value.is_table()) refuse(value, what + " is a " + kind(value), "a table: { ... }");
    return *value.as_table();
  }

  const toml::array& array(const std::string& key) const {
    const toml::node& value = node(key);
    if (!value.is_array()) refuse(value, key + " is a " + kind(value), "a list: [ ... ]");
    if (value.as_array()->empty()) refuse(value, key + " is empty", "at least one template");
    return *value.as_array();
  }

  std::string at(const toml::node& value) const { return path_ + ":" + std::to_string(value.source().begin.line); }

  void check_keys(const toml::table& table, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : in_written_order(table)) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      throw base::Error({.where = at(*value), .given = "unknown key \"" + key + "\"", .hint = base::nearest_hint(key, known)});
    }
  }

  [[noreturn]] void refuse(const toml::node& value, const std::string& given, const std::string& expected, const std::string& hint = "") const {
    throw base::Error({.where = at(value), .given = given, .expected = expected, .hint = hint});
  }

  // A file that stands beside the description, unless its path is absolute.
  std::string beside(const std::string& file) const { return (std::filesystem::path(path_).parent_path() / file).string(); }

 private:
  static std::string kind(const toml::node& value) {
    switch (value.type()) {
      case toml::node_type::table:
        return "table";
      case toml::node_type::array:
        return "list";
      case toml::node_type::string:
        return "string";
      case toml::node_type::integer:
      case toml::node_type::floating_point:
        return "number";
      case toml::node_type::boolean:
        return "truth value";
      default:
        return "date or time";
    }
  }

  static toml::table parse(const std::string& path) {
    const std::string text = base::read_text(path);
    try {
      return toml::parse(text, path);
    } catch (const toml::parse_error& error) {
      const toml::source_position place = error.source().begin;
      throw base::Error(
          {.where = path + ":" + std::to_string(place.line) + ":" + std::to_string(place.column), .given = std::string(error.description())});
    }
  }

  std::string path_;
  toml::table root_;
  const toml::table* table_ = nullptr;
};

RowLayout layout_of(const Description& description, const std::string& file) {
  const std::string ending = std::filesystem::path(file).extension().string();
  RowLayout layout;
  if (ending == ".jsonl") {
    layout.format = RowFormat::json_lines;
  } else if (ending == ".tsv") {
    layout.format = RowFormat::table;
    layout.separator = '\t';
  } else if (ending != ".csv") {
    description.refuse(description.node("train"), "\"" + file + "\" ends in \"" + ending + "\"", ".jsonl, .csv or .tsv");
  }
  const std::string encoding = description.text("encoding", "utf-8");
  if (encoding != "utf-8" && encoding != "latin-1") {
    description.refuse(description.node("encoding"), "unknown encoding \"" + encoding + "\"", "\"utf-8\" or \"latin-1\"");
  }
  if (encoding == "latin-1") layout.encoding = Encoding::latin1;
  layout.label = description.text("label");
  for (const auto& [field, column] : in_written_order(description.table_of(description.node("fields"), "fields"))) {
    layout.fields.push_back({description.text_of(*column, "field " + field)});
  }
  return layout;
}

std::vector<std::string> field_names_of(const Description& description) {
  const toml::node& fields = description.node("fields");
  std::vector<std::string> names;
  for (const auto& [name, column] : in_written_order(description.table_of(fields, "fields"))) {
    if (name == "label") description.refuse(*column, "a field is called \"label\"", "another name: {label} stands for the label");
    names.push_back(name);
  }
  if (names.empty()) description.refuse(fields, "fields is empty", "at least one, such as { sentence = \"text\" }");
  return names;
}

void check_words(const Description& description, const toml::node& node, const std::vector<std::string>& words) {
  std::set<std::string> seen;
  for (const std::string& word : words) {
    if (trimmed(word).empty()) description.refuse(node, "a label word is empty", "a word for every class");
    if (!seen.insert(word).second)
      description.refuse(node, "two classes have the label word \"" + word + "\"", "a different word for every class");
  }
  if (words.size() < 2) description.refuse(node, std::to_string(words.size()) + " class", "at least two");
}

std::vector<ClassName> classes_of(const Description& description, const std::string& train_path, const RowLayout& layout) {
  std::vector<ClassName> classes;
  if (description.has("labels")) {
    for (const auto& [label, word] : in_written_order(description.table_of(description.node("labels"), "labels"))) {
      classes.push_back({label, description.text_of(*word, "label " + label)});
    }
  } else {
    std::set<std::string> labels;
    for (const LabelledRow& row : read_rows(train_path, layout)) labels.insert(row.label);
    for (const std::string& label : labels) classes.push_back({label, label});
  }
  return classes;
}

// A natural template is a string, or { text = "...", labels = { "1" = "True" } } where it has label words of its own.
std::vector<std::string> own_words(const Description& description, const toml::node& node, const std::vector<ClassName>& classes) {
  std::vector<std::string> words;
  const toml::node* own = node.is_table() ? node.as_table()->get("labels") : nullptr;
  std::vector<std::string> labels;
  for (const ClassName& name : classes) labels.push_back(name.label);
  if (own) description.check_keys(description.table_of(*own, "labels"), labels);
  for (const ClassName& name : classes) {
    const toml::node* word = own ? own->as_table()->get(name.label) : nullptr;
    words.push_back(word ? description.text_of(*word, "label " + name.label) : name.word);
  }
  check_words(description, own ? *own : node, words);
  return words;
}

std::vector<PromptTemplate> templates_of(const Description& description, const std::string& key, const Dataset& dataset,
                                         const std::vector<ClassName>& classes) {
  std::vector<PromptTemplate> templates;
  const bool is_natural = key == "natural";
  for (const toml::node& node : description.array(key)) {
    const toml::node* text = &node;
    if (is_natural && node.is_table()) {
      description.check_keys(*node.as_table(), {"text", "labels"});
      text = node.as_table()->get("text");
      if (!text) description.refuse(node, "a template without text", "{ text = \"...\", labels = { ... } }");
    }
    const std::string where = description.at(node) + ": " + key + " template " + std::to_string(templates.size() + 1);
    const text::Template prompt(description.text_of(*text, key + " template"), where);
    check_template(prompt, dataset.field_names, where);
    templates.push_back({prompt, prompt, is_natural ? own_words(description, node, classes) : std::vector<std::string>{}});
  }
  return templates;
}

double test_share_of(const Description& description) {
  const toml::node& node = description.node("test_share");
  const double share = node.value<double>().value_or(-1);
  if (!(share > 0 && share < 1)) description.refuse(node, "test_share is not a share", "a number between 0 and 1, such as 0.5");
  return share;
}

void read_splits(const Description& description, const Reading& reading, Dataset& dataset) {
  const std::string train = description.beside(description.text("train"));
  if (description.has("test") == description.has("test_share")) {
    description.refuse(description.node("train"),
                       description.has("test") ? "both test and test_share are given" : "neither test nor test_share is given",
                       "test = \"test.jsonl\", or test_share = 0.5 to cut it from the training file");
  }
  if (description.has("test")) {
    const std::string test = description.text("test");
    Reading test_reading = reading;
    test_reading.layout = layout_of(description, test);
    dataset.train = read_examples({train}, "train", reading, dataset.notes);
    dataset.test = read_examples({description.beside(test)}, "test", test_reading, dataset.notes);
  } else {
    const double share = test_share_of(description);
    split_by_shares(read_examples({train}, "row", reading, dataset.notes),
                    {.is_shuffled = true, .train_from = 0, .train_to = 1 - share, .test_from = 1 - share, .test_to = 1}, dataset);
  }
  if (dataset.train.empty()) throw base::Error({.where = train, .given = "no rows", .expected = "at least one row of every class"});
}

}  // namespace

Dataset open_own_set(const std::string& toml_path) {
  const Description description(toml_path);
  Dataset dataset{.name = description.text("name"), .kind = description.text("kind"), .field_names = field_names_of(description)};
  dataset.source = description.text("source", toml_path);

  const std::string train = description.text("train");
  Reading reading{.layout = layout_of(description, train)};
  reading.classes = classes_of(description, description.beside(train), reading.layout);
  for (const ClassName& name : reading.classes) dataset.label_words.push_back(name.word);
  check_words(description, description.node(description.has("labels") ? "labels" : "label"), dataset.label_words);

  dataset.natural = templates_of(description, "natural", dataset, reading.classes);
  dataset.minimal = description.has("minimal") ? templates_of(description, "minimal", dataset, reading.classes)
                                               : minimal_templates(dataset.field_names, dataset.name);
  if (dataset.minimal.empty()) description.node("minimal");

  read_splits(description, reading, dataset);
  finish(dataset, toml_path);
  return dataset;
}

}  // namespace manabi::world
