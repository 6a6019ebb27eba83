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
  const char *name, *kind;
  MappingCollection collection;
  const char* file = "";      // in the data folder; "" for what needs none
  const char* built_in = "";  // whose rows of assets/mappings.tsv stand in for the file
  bool is_turned = false;     // these rows with input and output changed round
};

constexpr auto kTasks = MappingCollection::task_vectors, kFunctions = MappingCollection::function_vectors;

constexpr std::array kKnown = std::to_array<Known>({
    {"next_letter", "algorithmic", kTasks},
    {"prev_letter", "algorithmic", kTasks},
    {"list_first", "algorithmic", kTasks},
    {"list_last", "algorithmic", kTasks},
    {"to_upper", "algorithmic", kTasks},
    {"to_lower", "algorithmic", kTasks},
    {"fr_en", "translation", kTasks, "task_vectors/translation/fr_en.json", "fr_en"},
    {"es_en", "translation", kTasks, "task_vectors/translation/es_en.json", "es_en"},
    {"en_fr", "translation", kTasks, "task_vectors/translation/en_fr.json", "en_fr"},
    {"en_es", "translation", kTasks, "task_vectors/translation/en_es.json", "en_es"},
    {"present_simple_gerund", "linguistic", kTasks, "task_vectors/linguistic/present_simple_gerund.json", "present_simple_gerund"},
    {"present_simple_past_simple", "linguistic", kTasks, "task_vectors/linguistic/present_simple_past_simple.json",
     "present_simple_past_simple"},
    {"plural_singular", "linguistic", kTasks, "task_vectors/linguistic/plural_singular.json", "plural_singular"},
    {"antonyms", "linguistic", kTasks, "task_vectors/linguistic/antonyms.json", "antonyms"},
    {"country_capital", "knowledge", kTasks, "task_vectors/knowledge/country_capital.json", "country_capital"},
    {"person_language", "knowledge", kTasks, "task_vectors/knowledge/person_language.json"},
    {"location_continent", "knowledge", kTasks, "task_vectors/knowledge/location_continent.json"},
    {"location_religion", "knowledge", kTasks, "task_vectors/knowledge/location_religion.json"},
    // The six main tasks of Todd et al. first.
    {"antonym", "linguistic", kFunctions, "function_vectors/abstractive/antonym.json", "antonyms"},
    {"capitalize", "linguistic", kFunctions, "function_vectors/abstractive/capitalize.json"},
    {"country-capital", "knowledge", kFunctions, "function_vectors/abstractive/country-capital.json", "country_capital"},
    {"english-french", "translation", kFunctions, "function_vectors/abstractive/english-french.json", "en_fr"},
    {"present-past", "linguistic", kFunctions, "function_vectors/abstractive/present-past.json", "present_simple_past_simple"},
    {"singular-plural", "linguistic", kFunctions, "function_vectors/abstractive/singular-plural.json", "plural_singular", true},
    {"capitalize_first_letter", "linguistic", kFunctions, "function_vectors/abstractive/capitalize_first_letter.json"},
    {"country-currency", "knowledge", kFunctions, "function_vectors/abstractive/country-currency.json"},
    {"english-german", "translation", kFunctions, "function_vectors/abstractive/english-german.json"},
    {"english-spanish", "translation", kFunctions, "function_vectors/abstractive/english-spanish.json", "en_es"},
    {"landmark-country", "knowledge", kFunctions, "function_vectors/abstractive/landmark-country.json"},
    {"lowercase_first_letter", "linguistic", kFunctions, "function_vectors/abstractive/lowercase_first_letter.json"},
    {"next_item", "algorithmic", kFunctions, "function_vectors/abstractive/next_item.json"},
    {"park-country", "knowledge", kFunctions, "function_vectors/abstractive/park-country.json"},
    {"person-occupation", "knowledge", kFunctions, "function_vectors/abstractive/person-occupation.json"},
    {"person-sport", "knowledge", kFunctions, "function_vectors/abstractive/person-sport.json"},
    {"prev_item", "algorithmic", kFunctions, "function_vectors/abstractive/prev_item.json"},
    {"product-company", "knowledge", kFunctions, "function_vectors/abstractive/product-company.json"},
    {"synonym", "linguistic", kFunctions, "function_vectors/abstractive/synonym.json"},
    {"word_length", "algorithmic", kFunctions, "function_vectors/abstractive/word_length.json"},
    {"choose_first_of_5", "algorithmic", kFunctions, "function_vectors/extractive/choose_first_of_5.json"},
    {"choose_last_of_5", "algorithmic", kFunctions, "function_vectors/extractive/choose_last_of_5.json"},
});

const Known& known(const std::string& name) {
  const auto found = std::ranges::find_if(kKnown, [&](const Known& each) { return name == each.name; });
  if (found != kKnown.end()) return *found;
  std::vector<std::string> names;
  for (const Known& each : kKnown) names.emplace_back(each.name);
  throw base::Error({.where = "tasks", .given = "there is no task '" + name + "'", .hint = base::nearest_hint(name, names)});
}

// A JSON object of input: output, of whose repeated inputs the last counts, as in the authors' program; or a list of {input, output}, of whose
// repeated inputs the first one counts.
std::vector<Mapping> read_pairs(const std::string& path) {
  constexpr const char* kExpected = "{\"input\": \"output\", ...} or [{\"input\": ..., \"output\": ...}, ...]";
  const base::Json json = base::Json::parse(base::read_text(path), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw base::Error({.where = path, .given = "no valid JSON", .expected = kExpected});
  if (!json.is_object() && !json.is_array()) throw base::Error({.where = path, .given = "neither object nor list", .expected = kExpected});
  std::vector<Mapping> pairs;
  std::set<std::string> seen;
  const auto text = [&](const base::Json& value, const std::string& where) {
    if (!value.is_string()) throw base::Error({.where = path + ", " + where, .given = value.dump(), .expected = "a text"});
    return value.get<std::string>();
  };
  if (json.is_object()) {
    for (const auto& [input, output] : json.items()) pairs.push_back({input, text(output, "key '" + input + "'")});
    return pairs;
  }
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string where = fmt::format("entry {}", i);
    if (!json[i].is_object() || !json[i].contains("input") || !json[i].contains("output"))
      throw base::Error({.where = path + ", " + where, .given = json[i].dump(), .expected = "{\"input\": ..., \"output\": ...}"});
    Mapping pair{text(json[i]["input"], where), text(json[i]["output"], where)};
    if (seen.insert(pair.input).second) pairs.push_back(std::move(pair));
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

namespace {

// What stands in for a file of the data folder; nothing for a task that needs one.
std::vector<Mapping> built_in_pairs(const Known& what, const std::string& assets_folder) {
  if (*what.file == 0) return letter_pairs(what.name);
  if (*what.built_in == 0) return {};
  std::vector<Mapping> pairs = read_table(assets_folder + "/mappings.tsv", what.built_in);
  if (!what.is_turned) return pairs;
  std::vector<Mapping> turned;
  std::set<std::string> seen;
  for (const Mapping& pair : pairs)
    if (seen.insert(pair.output).second) turned.push_back({pair.output, pair.input});
  return turned;
}

}  // namespace

std::string MappingCatalogue::path_in_data(const std::string& name) const {
  if (data_folder_.empty() || *known(name).file == 0) return "";
  const fs::path path = fs::path(data_folder_) / known(name).file;
  return fs::exists(path) ? path.string() : "";
}

std::vector<MappingCatalogue::Entry> MappingCatalogue::entries(MappingCollection collection) const {
  std::vector<Entry> entries;
  for (const Known& each : kKnown) {
    if (each.collection != collection) continue;
    const bool is_built_in = *each.file == 0 || *each.built_in != 0;
    entries.push_back(
        {.name = each.name, .kind = each.kind, .is_present = is_built_in || !path_in_data(each.name).empty(), .is_built_in = is_built_in});
  }
  return entries;
}

MappingTask MappingCatalogue::open(const std::string& name) const {
  const Known& what = known(name);
  // Answers of several tokens are judged by their beginning (Hendel et al. 2023).
  const bool is_prefix = what.collection == MappingCollection::task_vectors && std::string_view(what.kind) == "knowledge";
  MappingTask task{.name = name, .kind = what.kind, .rule = is_prefix ? AnswerRule::prefix : AnswerRule::exact};
  if (const std::string path = path_in_data(name); !path.empty()) {
    task.pairs = read_pairs(path);
    task.source = what.collection == MappingCollection::task_vectors ? "Hendel, Geva and Globerson 2023" : "Todd et al. 2024";
  } else {
    task.pairs = built_in_pairs(what, assets_folder_);
    task.source = "written for Manabi (Apache-2.0)";
  }
  if (task.pairs.empty())
    throw base::Error({.where = "task " + name,
                       .given = "no pairs",
                       .expected = fmt::format("{} in the data folder", what.file),
                       .hint = "--data names that folder"});
  finish(task);
  return task;
}

}  // namespace manabi::world
