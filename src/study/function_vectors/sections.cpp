#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <optional>

#include "study/function_vectors/composition.h"
#include "study/function_vectors/measure.h"
#include "study/function_vectors/published.h"
#include "study/function_vectors/report.h"

namespace manabi::study::function_vectors {
namespace {

using Cells = std::vector<const lab::CellRecord*>;

std::string percent(const std::optional<double>& share) { return share ? fmt::format("{:.0f}", 100 * *share) : ""; }

int64_t layers_in(const Cells& cells) {
  int64_t layers = 0;
  for (const lab::CellRecord* record : cells)
    for (const lab::Row& row : record->rows)
      if (row.metric == kEffect) layers = std::max(layers, lab::integer_at(row.at, "layer") + 1);
  return layers;
}

std::string at_judged(const Cells& cells) { return std::to_string(judged_layer(layers_in(cells))); }

lab::Figure layer_figure(const Cells& cells, const std::string& context) {
  lab::Figure figure{.title = context == kZeroShot ? "Queries that show nothing" : "Behind demonstrations with their outputs changed round",
                     .caption = "Accuracy with a vector added behind a block, over items that demonstrations solve; mean over tasks and seeds.",
                     .x_label = "block",
                     .y_label = "accuracy",
                     .y_is_share = true};
  for (const char* vector : {kFunction, kOwnHeads, kMeanState, kRandomHeads}) {
    lab::Series series{.name = vector};
    for (int64_t layer = 0; layer < layers_in(cells); ++layer)
      if (const auto value = lab::mean_of(cells, kAccuracy, {{"context", context}, {"vector", vector}, {"layer", std::to_string(layer)}}))
        series.points.push_back({.x = static_cast<double>(layer), .y = *value});
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  if (const auto without = lab::mean_of(cells, kAccuracy, {{"context", context}, {"vector", kNone}}))
    figure.reference_lines = {{"without a vector", *without}};
  return figure;
}

lab::HeatMap effect_map(const Cells& cells) {
  lab::HeatMap map{.title = "What each head does",
                   .caption =
                       "What the right answer's probability gains, in prompts with shuffled outputs, by what the head says behind right "
                       "ones at the last token; mean over tasks and seeds.",
                   .x_label = "head",
                   .y_label = "block",
                   .unit = "probability gained",
                   .is_diverging = true};
  std::map<int64_t, std::map<int64_t, std::pair<double, int64_t>>> sums;
  for (const lab::CellRecord* record : cells) {
    for (const lab::Row& row : record->rows) {
      if (row.metric != kEffect) continue;
      auto& [sum, count] = sums[lab::integer_at(row.at, "layer")][lab::integer_at(row.at, "head")];
      sum += row.value;
      ++count;
    }
  }
  for (const auto& [layer, heads] : sums) {
    map.rows.push_back(std::to_string(layer));
    std::vector<double>& values = map.values.emplace_back();
    for (const auto& [head, sum] : heads) values.push_back(sum.first / static_cast<double>(sum.second));
  }
  if (!sums.empty())
    for (const auto& [head, sum] : sums.begin()->second) map.columns.push_back(std::to_string(head));
  return map;
}

lab::Table task_table(const lab::Records& records, const std::string& model) {
  const Cells all = lab::select(records, {{"model", model}, {kWhat, "task"}});
  const std::string layer = at_judged(all);
  lab::Table table{
      .title = "Task by task",
      .caption = fmt::format("Percent of the test items. All columns but the first count the items that demonstrations solve; vectors "
                             "are added behind block {}. Tasks of which demonstrations solve too few have the first column alone.",
                             layer),
      .columns = {"task", "demonstrations", "query alone", "with the vector", "own heads", "random heads", "mean state", "shuffled outputs",
                  "with the vector"}};
  for (const std::string& task : lab::values_of(records, "task")) {
    const Cells cells = lab::select(records, {{"model", model}, {kWhat, "task"}, {"task", task}});
    if (cells.empty()) continue;
    const auto accuracy = [&](const char* context, const char* vector) {
      lab::Coordinates at = {{"context", context}, {"vector", vector}};
      if (std::string_view(vector) != kNone) at["layer"] = layer;
      return percent(lab::mean_of(cells, kAccuracy, at));
    };
    table.rows.push_back({task, percent(lab::mean_of(cells, kSolved, {})), accuracy(kZeroShot, kNone), accuracy(kZeroShot, kFunction),
                          accuracy(kZeroShot, kOwnHeads), accuracy(kZeroShot, kRandomHeads), accuracy(kZeroShot, kMeanState),
                          accuracy(kShuffled, kNone), accuracy(kShuffled, kFunction)});
  }
  return table;
}

lab::Table token_table(const lab::Records& records, const std::string& model) {
  lab::Table table{.title = "What the unembedding reads in a vector",
                   .caption = "The ten likeliest tokens of the vector by itself, behind the final norm; first seed.",
                   .columns = {"task", "tokens"}};
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, "task"}})) {
    const auto found = record->exhibits.find("tokens");
    const std::string& task = record->cell.at.at("task");
    const bool is_known = std::ranges::any_of(table.rows, [&](const auto& row) { return row.front() == task; });
    if (found != record->exhibits.end() && !is_known)
      table.rows.push_back({task, fmt::format("{}", fmt::join(found->second.get<std::vector<std::string>>(), "  "))});
  }
  return table;
}

lab::Table composition_table(const lab::Records& records, const std::string& model) {
  lab::Table table{.title = "Composed tasks",
                   .caption =
                       "Lists of five words, of whose last one the task is asked; percent of all lists. The sum is \"the task of the first "
                       "word\" plus \"the last word\" less \"the first word\". In brackets GPT-J.",
                   .columns = {"task", "lists alone", "sum of three vectors", "its own vector", "demonstrations"}};
  for (const PublishedComposition& published : kPublishedCompositions) {
    const Cells cells = lab::select(records, {{"model", model}, {kWhat, "composition"}, {"task", published.task}});
    const auto accuracy = [&](const char* arm) { return percent(lab::mean_of(cells, kComposed, {{"arm", arm}})); };
    if (accuracy(kArmNone).empty()) continue;
    table.rows.push_back({published.task, accuracy(kArmNone), fmt::format("{} ({:.0f})", accuracy(kArmSum), 100 * published.sum),
                          accuracy(kArmOwn), fmt::format("{} ({:.0f})", accuracy(kArmRegular), 100 * published.regular)});
  }
  return table;
}

}  // namespace

std::vector<lab::Section> function_sections(const lab::Records& records, const std::string& model) {
  std::vector<lab::Section> sections;
  const Cells cells = lab::select(records, {{"model", model}, {kWhat, "task"}});
  if (layers_in(cells) > 0) {
    lab::Section section{.title = "Function vectors in " + model};
    section.blocks.emplace_back(layer_figure(cells, kZeroShot));
    section.blocks.emplace_back(layer_figure(cells, kShuffled));
    section.blocks.emplace_back(task_table(records, model));
    section.blocks.emplace_back(effect_map(cells));
    section.blocks.emplace_back(token_table(records, model));
    sections.push_back(std::move(section));
  }
  if (lab::Table table = composition_table(records, model); !table.rows.empty())
    sections.push_back({.title = "Sums of vectors in " + model, .blocks = {std::move(table)}});
  return sections;
}

}  // namespace manabi::study::function_vectors
