#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "lab/statistics/seeds.h"
#include "study/prompt_tuning/measure.h"
#include "study/prompt_tuning/report.h"
#include "study/scored_items.h"

namespace manabi::study::prompt_tuning {
namespace {

std::string setting_name(const lab::Coordinates& at) {
  std::string name = lab::text_at(at, kMethod);
  if (name == kManual) return "prompt written by hand";
  if (const std::string& length = lab::text_at(at, kLength); length != "0") name += ", " + length + " positions";
  if (const std::string& first = lab::text_at(at, kFirst); first != "-") name += ", from " + first;
  return name + ", " + lab::text_at(at, kExamples) + " examples";
}

std::string percent(const lab::Interval& interval) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", 100 * interval.value, 100 * interval.low, 100 * interval.high);
}

// Settings without task and seed, in the order of the records.
std::vector<lab::Coordinates> settings_of(const lab::Records& records, const std::string& model) {
  std::vector<lab::Coordinates> settings;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}})) {
    lab::Coordinates setting = record->cell.at;
    setting.erase("task");
    setting.erase(lab::kSeed);
    if (std::ranges::find(settings, setting) == settings.end()) settings.push_back(std::move(setting));
  }
  return settings;
}

lab::Table accuracy_table(const lab::Records& records, const std::string& model) {
  const std::vector<std::string> tasks = values_at(records, model, "task");
  lab::Table table{
      .title = "Accuracy",
      .caption =
          "On the test examples, in percent, with 95 % intervals over seeds and items; numbers that are tuned, and their share of the model's.",
      .columns = {"way of teaching"}};
  for (const std::string& task : tasks) table.columns.push_back(task);
  table.columns.insert(table.columns.end(), {"numbers", "share"});
  for (const lab::Coordinates& setting : settings_of(records, model)) {
    std::vector<std::string> row = {setting_name(setting)};
    for (const std::string& task : tasks) {
      lab::Coordinates where = setting;
      where["task"] = task;
      const auto accuracy = accuracy_of(records, where);
      row.push_back(accuracy ? percent(*accuracy) : "");
    }
    const std::vector<const lab::CellRecord*> cells = lab::select(records, setting);
    const auto parameters = lab::mean_of(cells, kParameters), share = lab::mean_of(cells, kShare);
    row.push_back(parameters ? fmt::format("{:.0f}", *parameters) : "");
    row.push_back(share ? fmt::format("{:.4g} %", 100 * *share) : "");
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Figure curve_figure(const lab::Records& records, const std::string& model, const std::string& task) {
  lab::Figure figure{.title = task,
                     .caption = "Accuracy on the development examples while the method is tuned, mean over seeds.",
                     .x_label = "step",
                     .y_label = "accuracy",
                     .y_is_share = true};
  for (lab::Coordinates setting : settings_of(records, model)) {
    if (setting.at(kMethod) == kManual || setting.at(kMethod) == kAutoprompt) continue;
    const std::string name = setting_name(setting);
    setting["task"] = task;
    lab::Series series = lab::series_over_steps(name, records, {.cell = setting, .metric = kDevAccuracy});
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Table word_table(const lab::Records& records, const std::string& model) {
  lab::Table table{
      .title = "Words",
      .caption = "Of the first rows of tuned prompts the words whose embeddings lie nearest, by cosine; the words that AutoPrompt found.",
      .columns = {"task", "seed", "way of teaching", "words"}};
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}})) {
    const lab::Coordinates& at = record->cell.at;
    std::string words;
    if (const auto found = record->exhibits.find(kTriggers); found != record->exhibits.end()) words = found->second.get<std::string>();
    if (const auto found = record->exhibits.find(kNeighbours); found != record->exhibits.end())
      for (const base::Json& row : found->second)
        words += (words.empty() ? "" : " | ") + fmt::format("{}", fmt::join(row.get<std::vector<std::string>>(), ","));
    if (!words.empty()) table.rows.push_back({lab::text_at(at, "task"), lab::text_at(at, lab::kSeed), setting_name(at), words});
  }
  return table;
}

}  // namespace

std::vector<lab::Section> tuning_sections(const lab::Records& records, const std::string& model) {
  std::vector<lab::Section> sections = {{.title = "Ways of teaching " + model, .blocks = {accuracy_table(records, model)}},
                                        {.title = "While " + model + " is tuned", .blocks = {}},
                                        {.title = "What prompts of " + model + " look like", .blocks = {word_table(records, model)}}};
  for (const std::string& task : values_at(records, model, "task")) {
    lab::Figure figure = curve_figure(records, model, task);
    if (!figure.series.empty()) sections[1].blocks.emplace_back(std::move(figure));
  }
  if (sections[1].blocks.empty()) sections.erase(sections.begin() + 1);
  return sections;
}

}  // namespace manabi::study::prompt_tuning
