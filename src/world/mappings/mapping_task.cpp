#include "world/mappings/mapping_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/hash.h"
#include "world/mappings/letter_tasks.h"

namespace manabi::world {
namespace {

namespace fs = std::filesystem;

struct Known {
  const char *name, *kind, *folder;  // the folder of its file below task_vectors/; "" for letters
};

constexpr std::array<Known, 18> kKnown = {{{"next_letter", "algorithmic", ""},
                                           {"prev_letter", "algorithmic", ""},
                                           {"list_first", "algorithmic", ""},
                                           {"list_last", "algorithmic", ""},
                                           {"to_upper", "algorithmic", ""},
                                           {"to_lower", "algorithmic", ""},
                                           {"fr_en", "translation", "translation"},
                                           {"es_en", "translation", "translation"},
                                           {"en_fr", "translation", "translation"},
                                           {"en_es", "translation", "translation"},
                                           {"present_simple_gerund", "linguistic", "linguistic"},
                                           {"present_simple_past_simple", "linguistic", "linguistic"},
                                           {"plural_singular", "linguistic", "linguistic"},
                                           {"antonyms", "linguistic", "linguistic"},
                                           {"country_capital", "knowledge", "knowledge"},
                                           {"person_language", "knowledge", "knowledge"},
                                           {"location_continent", "knowledge", "knowledge"},
                                           {"location_religion", "knowledge", "knowledge"}}};

const Known& known(const std::string& name) {
  const auto found = std::ranges::find_if(kKnown, [&](const Known& each) { return name == each.name; });
  if (found != kKnown.end()) return *found;
  std::vector<std::string> names;
  for (const Known& each : kKnown) names.emplace_back(each.name);
  throw base::Error({.where = "tasks", .given = "there is no task '" + name + "'", .hint = base::nearest_hint(name, names)});
}

// A JSON object of input: output. Of an input that the file has twice the last output counts, as in the authors' program.
std::vector<Mapping> read_json(const std::string& path) {
  const base::Json json = base::Json::parse(base::read_text(path), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw base::Error({.where = path, .given = "no valid JSON", .expected = "{\"input\": \"output\", ...}"});
  if (!json.is_object()) throw base::Error({.where = path, .given = "no object", .expected = "{\"input\": \"output\", ...}"});
  std::vector<Mapping> pairs;
  for (const auto& [input, output] : json.items()) {
    if (!output.is_string()) throw base::Error({.where = path + ", key '" + input + "'", .given = output.dump(), .expected = "a text"});
    pairs.push_back({input, output.get<std::string>()});
  }
  return pairs;
}

// The rows "task TAB input TAB output" of one task; the first line names the columns.
std::vector<Mapping> read_table(const std::string& path, const std::string& task) {
  std::vector<Mapping> pairs;
  std::istringstream lines(base::read_text(path));
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    const size_t first = line.find('\t'), second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos)
      throw base::Error(
          {.where = fmt::format("{}:{}", path, number), .given = "'" + line + "'", .expected = "three columns: task, input, output"});
    if (line.substr(0, first) == task) pairs.push_back({line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return pairs;
}

void finish(MappingTask& task) {
  std::set<std::string> inputs;
  std::string text;
  for (const Mapping& pair : task.pairs) {
    if (!inputs.insert(pair.input).second)
      throw base::Error({.where = "task " + task.name, .given = "the input '" + pair.input + "' twice", .expected = "every input once"});
    text += pair.input + "\t" + pair.output + "\n";
  }
  task.hash = base::sha256(text);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpaces);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

}  // namespace

bool is_right(AnswerRule rule, std::string_view predicted, std::string_view answer) {
  const std::string_view given = trimmed(predicted.substr(0, predicted.find('\n', predicted.find_first_not_of(" \t\r\n")))),
                         right = trimmed(answer);
  if (rule == AnswerRule::exact) return given == right;
  return !given.empty() && !right.empty() && (given.starts_with(right) || right.starts_with(given));
}

MappingCatalogue::MappingCatalogue(std::string assets_folder, std::string data_folder)
    : assets_folder_(std::move(assets_folder)), data_folder_(std::move(data_folder)) {}

std::string MappingCatalogue::path_in_data(const std::string& name) const {
  if (data_folder_.empty() || *known(name).folder == 0) return "";
  const fs::path path = fs::path(data_folder_) / "task_vectors" / known(name).folder / (name + ".json");
  return fs::exists(path) ? path.string() : "";
}

std::vector<MappingCatalogue::Entry> MappingCatalogue::entries() const {
  std::vector<Entry> entries;
  for (const Known& each : kKnown) {
    const bool is_built_in = *each.folder == 0 || !read_table(assets_folder_ + "/mappings.tsv", each.name).empty();
    entries.push_back(
        {.name = each.name, .kind = each.kind, .is_present = is_built_in || !path_in_data(each.name).empty(), .is_built_in = is_built_in});
  }
  return entries;
}

MappingTask MappingCatalogue::open(const std::string& name) const {
  const Known& what = known(name);
  const bool is_knowledge = std::string_view(what.kind) == "knowledge";
  MappingTask task{.name = name, .kind = what.kind, .rule = is_knowledge ? AnswerRule::prefix : AnswerRule::exact};
  if (const std::string path = path_in_data(name); !path.empty()) {
    task.pairs = read_json(path);
    task.source = "Hendel, Geva and Globerson 2023";
  } else {
    task.pairs = *what.folder == 0 ? letter_pairs(name) : read_table(assets_folder_ + "/mappings.tsv", name);
    task.source = "written for Manabi (Apache-2.0)";
  }
  if (task.pairs.empty())
    throw base::Error({.where = "task " + name,
                       .given = "no pairs",
                       .expected = fmt::format("task_vectors/{}/{}.json in the data folder", what.folder, name),
                       .hint = "--data names that folder"});
  finish(task);
  return task;
}

}  // namespace manabi::world
