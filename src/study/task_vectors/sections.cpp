#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "study/task_vectors/evidence.h"
#include "study/task_vectors/geometry.h"
#include "study/task_vectors/measure.h"
#include "study/task_vectors/override.h"
#include "study/task_vectors/published.h"
#include "study/task_vectors/report.h"

namespace manabi::study::task_vectors {
namespace {

std::string percent(const std::optional<double>& share) { return share ? fmt::format("{:.0f}", 100 * *share) : ""; }

lab::Series layer_series(const std::string& name, const std::vector<double>& values) {
  lab::Series series{.name = name};
  for (size_t layer = 0; layer < values.size(); ++layer) series.points.push_back({.x = static_cast<double>(layer), .y = values[layer]});
  return series;
}

lab::Table task_table(const Evidence& evidence) {
  lab::Table table{.title = "Task by task",
                   .caption =
                       "Accuracy in percent over the judged items of all seeds. In brackets LLaMA 7B (Hendel et al. 2023, 50 items). The best "
                       "layer was chosen on other items.",
                   .columns = {"task", "query alone", "task vector", "demonstrations", "shuffled labels", "another task's vector",
                               "random vector", "best layer"}};
  for (const std::string& task : evidence.tasks()) {
    const auto found = std::ranges::find_if(kPublished, [&](const Published& published) { return task == published.task; });
    const auto beside = [&](const std::optional<double>& ours, double Published::*theirs) {
      return found == kPublished.end() ? percent(ours) : fmt::format("{} ({:.0f})", percent(ours), 100 * (*found).*theirs);
    };
    const auto right = [&](const std::string& arm) -> std::optional<double> {
      const std::vector<lab::Observation> observations = evidence.right(task, arm);
      double sum = 0;
      for (const lab::Observation& observation : observations) sum += observation.value;
      return observations.empty() ? std::nullopt : std::optional(sum / static_cast<double>(observations.size()));
    };
    const auto layer = evidence.mean("task", task, kBestLayer);
    table.rows.push_back({task, beside(right("zero-shot"), &Published::zero_shot), beside(right("task vector"), &Published::vector),
                          beside(right("regular"), &Published::regular), percent(right("shuffled labels")), percent(right("another task")),
                          percent(right("random vector")), layer ? fmt::format("{:.1f}", *layer) : ""});
  }
  return table;
}

// How much of what demonstrations give is in the vector, by how much the demonstrations must say.
lab::Table novelty_table(const lab::Records& records, const std::string& model) {
  lab::Table table{.title = "Where one vector does not suffice",
                   .caption =
                       "Percent right, mean over seeds. The last column is the share of what demonstrations add to the query alone that the "
                       "vector adds too; tasks to which demonstrations add less than 20 points have none.",
                   .columns = {"what is new in the prompt", "task", "query alone", "task vector", "demonstrations", "kept"}};
  const auto add = [&](const std::string& novelty, const std::string& name, const std::optional<double>& zero,
                       const std::optional<double>& vector, const std::optional<double>& regular) {
    if (!zero || !vector || !regular) return;
    const bool is_learned = *regular - *zero >= kLearnedBy;
    table.rows.push_back({novelty, name, percent(zero), percent(vector), percent(regular),
                          is_learned ? fmt::format("{:.0f} %", 100 * (*vector - *zero) / (*regular - *zero)) : ""});
  };
  const auto share_right = [&](const std::vector<SeedCells>& tasks, const std::string& arm) -> std::optional<double> {
    const auto effect = effect_of_arms(tasks, {{arm, 1}});
    return effect ? std::optional(effect->value) : std::nullopt;
  };
  const Evidence known(records, model), made_up(records, model, kMadeUp);
  if (made_up.tasks().empty()) return table;
  const std::vector<SeedCells> learned = known.learned_cells();
  add("nothing", fmt::format("{} known tasks", learned.size()), share_right(learned, "zero-shot"), share_right(learned, "task vector"),
      share_right(learned, "regular"));
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, kMadeUp}})) {
    const std::string& task = record->cell.at.at("task");
    if (std::ranges::any_of(table.rows, [&](const auto& row) { return row[1] == task; })) continue;
    const std::vector<SeedCells> cells = {lab::select(records, {{"model", model}, {kWhat, kMadeUp}, {"task", task}})};
    const auto novelty = record->exhibits.find(kNovelty);
    add(novelty == record->exhibits.end() ? "" : novelty->second.get<std::string>(), task, share_right(cells, "zero-shot"),
        share_right(cells, "task vector"), share_right(cells, "regular"));
  }
  return table;
}

lab::Figure layer_figure(const Evidence& evidence) {
  const std::vector<std::string> learned = evidence.learned_tasks();
  lab::Figure figure{
      .title = "Where a vector works",
      .caption = fmt::format("Accuracy of the query alone with a vector behind a block, mean over {} tasks to which demonstrations add "
                             "20 points, and over seeds.",
                             learned.size()),
      .x_label = "block",
      .y_label = "accuracy",
      .y_is_share = true};
  for (const Arm arm : {Arm::task, Arm::shuffled, Arm::other, Arm::random})
    figure.series.push_back(layer_series(name_of(arm), evidence.curve(learned, kAccuracy, {{"arm", name_of(arm)}})));
  figure.series.push_back(layer_series("answers that are a dummy's", evidence.curve(learned, kCopies, {})));
  double regular = 0, zero = 0;
  for (const std::string& task : learned) {
    regular += *evidence.mean("task", task, kAccuracy, {{"arm", "regular"}}) / static_cast<double>(learned.size());
    zero += *evidence.mean("task", task, kAccuracy, {{"arm", "zero-shot"}}) / static_cast<double>(learned.size());
  }
  figure.reference_lines = {{"demonstrations", regular}, {"query alone", zero}};
  return figure;
}

lab::Table override_table(const Evidence& evidence) {
  lab::Table table{
      .title = "A vector against demonstrations",
      .caption =
          "Share of answers in percent that are right for the task of the demonstrations, or for that of the vector; in brackets LLaMA "
          "13B.",
      .columns = {"demonstrations", "vector", "as it is: demonstrations' task", "as it is: vector's", "patched: demonstrations' task",
                  "patched: vector's"}};
  for (const PublishedOverride& pair : kPublishedOverrides) {
    const std::string name = fmt::format("{} to {}", pair.task, pair.injected);
    const auto cell = [&](const char* run, const char* of, double published) {
      const auto ours = evidence.mean("override", name, kAnswersOf, {{"run", run}, {"of", of}});
      return ours ? fmt::format("{:.0f} ({:.0f})", 100 * *ours, 100 * published) : "";
    };
    const std::vector<std::string> cells = {cell("regular", "task", pair.regular_task), cell("regular", "injected", pair.regular_injected),
                                            cell("patched", "task", pair.patched_task), cell("patched", "injected", pair.patched_injected)};
    if (cells.front().empty()) continue;
    table.rows.push_back({pair.task, pair.injected, cells[0], cells[1], cells[2], cells[3]});
  }
  return table;
}

lab::Table geometry_table(const lab::Records& records, const std::string& model, int64_t layers) {
  lab::Table table{.title = "How the vectors lie",
                   .caption = fmt::format("Mean cosine distance behind block {}, over pairs of vectors and seeds.", layers / 2),
                   .columns = {"task", "within the task", "to other tasks"}};
  std::map<std::string, std::vector<double>> within, between;
  for (const lab::CellRecord* record : lab::select(records, {{"model", model}, {kWhat, "geometry"}}))
    for (const lab::Row& row : record->rows)
      if ((row.metric == kWithin || row.metric == kBetween) && row.at.at("layer") == std::to_string(layers / 2))
        (row.metric == kWithin ? within : between)[row.at.at("task")].push_back(row.value);
  const auto mean = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return fmt::format("{:.3f}", sum / static_cast<double>(values.size()));
  };
  for (const auto& [task, values] : within) table.rows.push_back({task, mean(values), mean(between.at(task))});
  return table;
}

// A cloud a task, on the plane of one seed.
std::optional<lab::Figure> map_figure(const lab::Records& records, const std::string& model) {
  const auto cells = lab::select(records, {{"model", model}, {kWhat, "geometry"}});
  if (cells.empty()) return std::nullopt;
  std::map<std::string, std::map<std::string, lab::Point>> places;
  for (const lab::Row& row : cells.front()->rows) {
    if (row.metric != kPlace) continue;
    lab::Point& point = places[row.at.at("task")][row.at.at("item")];
    (row.at.at("axis") == "0" ? point.x : point.y) = row.value;
  }
  lab::Figure figure{.title = "A map of the vectors",
                     .caption = "The two principal components of the vectors (of unit length) of one seed behind the middle block.",
                     .x_label = "first component",
                     .y_label = "second component",
                     .connects_points = false};
  for (const auto& [task, points] : places) {
    lab::Series series{.name = task};
    for (const auto& [item, point] : points) series.points.push_back(point);
    std::ranges::sort(series.points, {}, &lab::Point::x);
    figure.series.push_back(std::move(series));
  }
  return figure;
}

// Every task's accuracy behind every block.
lab::HeatMap layer_map(const Evidence& evidence) {
  lab::HeatMap map{.title = "Which task in which block",
                   .caption = "Queries alone with the task's own vector behind a block; mean over seeds.",
                   .x_label = "task",
                   .y_label = "block",
                   .columns = evidence.tasks(),
                   .unit = "accuracy"};
  for (int64_t layer = 0; layer < evidence.layers(); ++layer) {
    map.rows.push_back(std::to_string(layer));
    std::vector<double>& row = map.values.emplace_back();
    for (const std::string& task : map.columns)
      row.push_back(evidence.mean("task", task, kAccuracy, {{"arm", name_of(Arm::task)}, {"layer", std::to_string(layer)}}).value_or(NAN));
  }
  return map;
}

}  // namespace

std::vector<lab::Section> vector_sections(const lab::Records& records, const std::string& model) {
  const Evidence evidence(records, model);
  std::vector<lab::Section> sections;
  if (!evidence.tasks().empty()) {
    lab::Section section{.title = "Task vectors in " + model};
    if (!evidence.learned_tasks().empty()) section.blocks.emplace_back(layer_figure(evidence));
    section.blocks.emplace_back(layer_map(evidence));
    section.blocks.emplace_back(task_table(evidence));
    sections.push_back(std::move(section));
  }
  if (lab::Table table = novelty_table(records, model); !table.rows.empty())
    sections.push_back({.title = "Tasks that are made up in " + model, .blocks = {std::move(table)}});
  if (lab::Table table = override_table(evidence); !table.rows.empty())
    sections.push_back({.title = "Conflicting tasks in " + model, .blocks = {std::move(table)}});
  if (lab::Table table = geometry_table(records, model, evidence.layers()); !table.rows.empty()) {
    lab::Section section{.title = "Geometry in " + model};
    if (auto figure = map_figure(records, model)) section.blocks.emplace_back(std::move(*figure));
    section.blocks.emplace_back(std::move(table));
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace manabi::study::task_vectors
