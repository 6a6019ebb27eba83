#include "lab/record.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/hash.h"

namespace manabi::lab {
namespace {

template <class Number>
Number parsed_at(const Coordinates& at, const std::string& name, const char* expected) {
  const std::string& text = text_at(at, name);
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end) {
    throw base::Error(
        {.where = "cell " + name_of(at), .given = "coordinate '" + name + "' is '" + text + "'", .expected = expected, .hint = ""});
  }
  return value;
}

}  // namespace

const std::string& text_at(const Coordinates& at, const std::string& name) {
  const auto found = at.find(name);
  if (found != at.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, value] : at) names.push_back(known);
  throw base::Error({.where = "cell " + name_of(at),
                     .given = "has no coordinate '" + name + "'",
                     .expected = "",
                     .hint = names.empty() ? "" : base::nearest_hint(name, names)});
}

int64_t integer_at(const Coordinates& at, const std::string& name) { return parsed_at<int64_t>(at, name, "a whole number"); }
double number_at(const Coordinates& at, const std::string& name) { return parsed_at<double>(at, name, "a number"); }

// Written so that a score that is not a number makes the answer wrong.
bool ScoredItem::is_right() const {
  const size_t right = static_cast<size_t>(target);
  if (target < 0 || right >= scores.size()) return false;
  for (size_t choice = 0; choice < scores.size(); ++choice) {
    const bool is_beaten = choice < right ? scores[right] > scores[choice] : scores[right] >= scores[choice];
    if (!is_beaten) return false;
  }
  return true;
}

std::string name_of(const Coordinates& at) {
  std::string name;
  for (const auto& [coordinate, value] : at) name += (name.empty() ? "" : " ") + coordinate + "=" + value;
  return name.empty() ? "(without coordinates)" : name;
}

std::string key_of(const std::string& study, int64_t study_version, const Cell& cell) {
  const base::Json identity = {{"at", cell.at}, {"inputs", cell.inputs}, {"study", study}, {"version", study_version}};
  return base::sha256(identity.dump(-1, ' ', false, base::Json::error_handler_t::replace));
}

std::vector<const CellRecord*> select(const Records& records, const Coordinates& where) {
  std::vector<const CellRecord*> selected;
  for (const CellRecord& record : records) {
    const auto agrees = [&](const auto& wanted) {
      const auto found = record.cell.at.find(wanted.first);
      return found != record.cell.at.end() && found->second == wanted.second;
    };
    if (std::ranges::all_of(where, agrees)) selected.push_back(&record);
  }
  return selected;
}

std::vector<std::string> values_of(const Records& records, const std::string& coordinate) {
  std::vector<std::string> values;
  for (const CellRecord& record : records) {
    const auto found = record.cell.at.find(coordinate);
    if (found != record.cell.at.end() && std::ranges::find(values, found->second) == values.end()) values.push_back(found->second);
  }
  return values;
}

std::optional<double> value_of(const CellRecord& record, const std::string& metric, const Coordinates& at) {
  for (const Row& row : record.rows)
    if (row.metric == metric && row.at == at) return row.value;
  return std::nullopt;
}

std::optional<double> mean_of(const std::vector<const CellRecord*>& cells, const std::string& metric, const Coordinates& at) {
  double sum = 0;
  int64_t count = 0;
  for (const CellRecord* record : cells) {
    const std::optional<double> value = value_of(*record, metric, at);
    if (!value) continue;
    sum += *value;
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

}  // namespace manabi::lab
