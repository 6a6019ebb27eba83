#include <fmt/format.h>

#include "lab/runner.h"

namespace manabi::lab {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const base::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, base::Json::error_handler_t::replace);
}

bool holds_objects(const base::Json& list) {
  for (const base::Json& entry : list) {
    if (entry.is_structured()) return true;
  }
  return false;
}

std::string joined(const base::Json& list) {
  std::string text;
  for (const base::Json& entry : list) text += (text.empty() ? "" : ", ") + text_of(entry);
  return text;
}

// Nested settings as one line each: {"models": {"a": {"sha256": ...}}} gives "models a sha256".
void add_lines(const std::string& label, const base::Json& value, Lines& lines) {
  const auto label_below = [&](const std::string& name) { return label.empty() ? name : label + " " + name; };
  if (value.is_null()) return;
  if (value.is_object()) {
    for (const auto& [name, below] : value.items()) add_lines(label_below(name), below, lines);
  } else if (value.is_array() && holds_objects(value)) {
    for (size_t i = 0; i < value.size(); ++i) add_lines(label_below(std::to_string(i + 1)), value[i], lines);
  } else {
    const std::string text = value.is_array() ? joined(value) : text_of(value);
    if (!text.empty()) lines.emplace_back(label, text);
  }
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const int64_t whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

// The time that the cells took, whichever run measured them: what the page costs to make anew.
double measuring_seconds(const Records& records) {
  double seconds = 0;
  for (const CellRecord& record : records) seconds += record.seconds;
  return seconds;
}

Lines manifest_lines(const StudyInfo& info, const RunEntry& run, const Records& records) {
  Lines lines;
  lines.emplace_back("study", fmt::format("{}, version {}", info.name, info.version));
  lines.emplace_back("run", fmt::format("{}, started {}, {}", run.id, run.started, run.state));
  lines.emplace_back("cells", fmt::format("{} of {} measured", records.size(), run.cells.size()));
  lines.emplace_back("measuring took", duration(measuring_seconds(records)));
  add_lines("", run.manifest, lines);
  return lines;
}

}  // namespace

Report report_of(const Study& study, std::span<const Store* const> stores, const RunEntry& run) {
  const StudyInfo info = study.info();
  const Records records = gather(stores, run.cells);
  return {.title = info.title,
          .question = info.question,
          .paper = info.paper,
          .link = info.link,
          .claims = study.claims(records),
          .sections = study.sections(records),
          .manifest = manifest_lines(info, run, records)};
}

}  // namespace manabi::lab
