// The study's page below the claims: accuracy against K, a panel per task, what the model read, and the paper's numbers beside ours.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "study/recognition/published.h"
#include "study/recognition/recognition.h"

namespace manabi::study::recognition {
namespace {

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string with_interval(const lab::Interval& share) {
  return fmt::format("{} [{}, {}]", percent(share.value), percent(share.low), percent(share.high));
}

std::string counted(size_t count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

std::string counted(const lab::Interval& interval) { return fmt::format("{} items, {} draws", interval.items, interval.draws); }

int64_t observations(const Populations& populations) {
  int64_t count = 0;
  for (const auto& [name, stratum] : populations) count += std::ssize(stratum);
  return count;
}

lab::Series series_of(const lab::Records& records, const Curve& curve) {
  lab::Series series{.name = label_of(curve)};
  for (int64_t shots : shots_of(records)) {
    const Populations seen = populations(records, curve, shots);
    if (seen.empty()) continue;
    const lab::Interval mean = accuracy(seen);
    series.points.push_back({.x = static_cast<double>(shots), .y = mean.value, .low = mean.low, .high = mean.high, .n = observations(seen)});
  }
  return series;
}

std::set<std::string> templates_of(const lab::Records& records, const Curve& curve) {
  std::set<std::string> templates;
  for (const lab::CellRecord* record : lab::select(records, {{kModel, curve.model}, {kSetting, curve.setting}, {kSymbols, curve.symbols}}))
    templates.insert(lab::text_at(record->cell.at, kTemplate));
  return templates;
}

// An ablation has fewer templates than the main curves.
bool is_ablation(const lab::Records& records, const Curve& curve) {
  return templates_of(records, curve).size() < lab::values_of(records, kTemplate).size();
}

lab::Figure figure_of(const lab::Records& records, const std::vector<Curve>& curves, const std::string& title) {
  lab::Figure figure{.title = title, .x_label = "demonstrations, K", .y_label = "accuracy", .x_scale = lab::Scale::log2, .y_is_share = true};
  for (const Curve& curve : curves) {
    lab::Series series = series_of(records, curve);
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Figure accuracy_figure(const lab::Records& records, const std::string& model, const std::string& title) {
  std::vector<Curve> curves = curves_of(records, model);
  std::erase_if(curves, [&](const Curve& curve) { return is_ablation(records, curve); });
  lab::Figure figure = figure_of(records, curves, title);
  figure.reference_lines = {{"uniform guess", mean_metric(records, kChance)}, {"majority class", mean_metric(records, kMajority)}};
  return figure;
}

std::string_view nearest_model_of_paper(const lab::Records& records, const std::string& model) {
  return nearest_published(metric_of(*lab::select(records, {{kModel, model}}).front(), kParameters));
}

// The paper's curves of the model of the nearest size, at the K that this run has.
std::vector<lab::Series> published_series(const lab::Records& records, const std::string& model) {
  const std::string_view nearest = nearest_model_of_paper(records, model);
  const std::vector<int64_t> sweep = shots_of(records);
  const std::string abstract = label_of({model, "abstract", "numbers"});
  std::vector<lab::Series> all;
  for (const auto& [counterpart, share] :
       {std::pair{label_of({model, "gold", "-"}), &PublishedRow::gold}, std::pair{label_of({model, "random", "-"}), &PublishedRow::random},
        std::pair{abstract, &PublishedRow::abstract}}) {
    lab::Series series{.name = fmt::format("{}, {}", nearest, counterpart), .is_published = true, .counterpart = counterpart};
    for (const PublishedRow& row : kPublished) {
      const bool is_drawn = row.model == nearest && std::ranges::find(sweep, row.shots) != sweep.end();
      if (is_drawn) series.points.push_back({.x = static_cast<double>(row.shots), .y = row.*share});
    }
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  return all;
}

lab::Records of_task(const lab::Records& records, const std::string& task) {
  lab::Records chosen;
  for (const lab::CellRecord* record : lab::select(records, {{kTask, task}})) chosen.push_back(*record);
  return chosen;
}

lab::Section overview(const lab::Records& records, const std::string& model) {
  lab::Section section{.title = "Accuracy against K: " + model};
  lab::Figure figure = accuracy_figure(records, model, "Mean over all tasks and templates");
  for (lab::Series& series : published_series(records, model)) figure.series.push_back(std::move(series));
  const Curve first = curves_of(records, model).front();
  const lab::Interval seen = accuracy(populations(records, first, shots_of(records).back()));
  figure.caption = fmt::format(
      "{}, {}; a point is {}; bars are 95 % intervals over draws of demonstrations and items. Dashed: the paper's means over "
      "its "
      "own tasks.",
      counted(lab::values_of(records, kTask).size(), "task"), counted(lab::values_of(records, kTemplate).size(), "template"), counted(seen));
  section.blocks.push_back(std::move(figure));
  return section;
}

// The kinds of symbols beside one another, on the templates that all of them have.
std::optional<lab::Figure> symbols_figure(const lab::Records& records, const std::string& model) {
  std::vector<Curve> curves;
  std::set<std::string> shared;
  for (const Curve& curve : curves_of(records, model)) {
    if (curve.setting != "abstract") continue;
    const std::set<std::string> templates = templates_of(records, curve);
    if (curves.empty()) shared = templates;
    std::erase_if(shared, [&](const std::string& name) { return !templates.contains(name); });
    curves.push_back(curve);
  }
  if (curves.size() < 2 || shared.empty()) return std::nullopt;
  lab::Records chosen;
  for (const lab::CellRecord& record : records)
    if (shared.contains(lab::text_at(record.cell.at, kTemplate))) chosen.push_back(record);
  lab::Figure figure = figure_of(chosen, curves, "Abstract labels by kind of symbol");
  figure.caption = fmt::format("{}; the templates that every kind was measured with.", counted(shared.size(), "template"));
  figure.reference_lines = {{"uniform guess", mean_metric(records, kChance)}};
  return figure;
}

// What one class alone cannot raise, beside accuracy, which it can where the classes are uneven.
lab::Table macro_f1_table(const lab::Records& records, const std::string& model) {
  lab::Table table{
      .title = "Macro-F1, percent",
      .caption = "Mean over classes, tasks and templates. Answering always the same class gives at most 1/C of its F1, however frequent."};
  table.columns = {"setting"};
  const std::vector<int64_t> sweep = shots_of(records);
  for (int64_t shots : sweep) table.columns.push_back("K = " + std::to_string(shots));
  for (const Curve& curve : curves_of(records, model)) {
    std::vector<std::string> row = {label_of(curve)};
    for (int64_t shots : sweep) row.push_back(populations(records, curve, shots).empty() ? "–" : percent(macro_f1(records, curve, shots)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Section panels(const lab::Records& records, const std::string& model) {
  lab::Section section{.title = "Task by task: " + model};
  for (const std::string& task : lab::values_of(records, kTask)) {
    lab::Figure figure = accuracy_figure(of_task(records, task), model, task);
    figure.is_small = true;
    section.blocks.push_back(std::move(figure));
  }
  return section;
}

lab::Table accuracy_table(const lab::Records& records, const std::string& model) {
  lab::Table table{.title = "Accuracy, percent", .caption = "Mean over templates, with its 95 % interval."};
  table.columns = {"task", "setting"};
  const std::vector<int64_t> sweep = shots_of(records);
  for (int64_t shots : sweep) table.columns.push_back("K = " + std::to_string(shots));
  for (const std::string& task : lab::values_of(records, kTask)) {
    const lab::Records chosen = of_task(records, task);
    for (const Curve& curve : curves_of(chosen, model)) {
      std::vector<std::string> row = {task, label_of(curve)};
      for (int64_t shots : sweep) {
        const Populations seen = populations(chosen, curve, shots);
        row.push_back(seen.empty() ? "–" : with_interval(accuracy(seen)));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

// The paper's rows of the model whose size is nearest, beside our means at the same K.
lab::Table published_table(const lab::Records& records, const std::string& model) {
  const double parameters = metric_of(*lab::select(records, {{kModel, model}}).front(), kParameters);
  const std::string_view nearest = nearest_model_of_paper(records, model);
  lab::Table table{
      .title = fmt::format("Beside the paper: {} ({:.0f} million parameters) and {}", model, parameters / 1e6, nearest),
      .caption = fmt::format(
          "Accuracy, percent. The paper's columns are means over eight data sets (uniform guess {}), ours over the tasks of this run "
          "(uniform guess {}): compare signs and orders, not levels.",
          percent(kPublishedChance), percent(mean_metric(records, kChance)))};
  table.columns = {"K", "RANDOM, paper", "RANDOM, ours", "ABSTRACT, paper", "ABSTRACT, ours", "GOLD, paper", "GOLD, ours"};
  const auto ours = [&](const char* setting, const char* symbols, int64_t shots) -> std::string {
    const Populations seen = populations(records, {model, setting, symbols}, shots);
    return seen.empty() ? "–" : percent(accuracy(seen).value);
  };
  for (const PublishedRow& row : kPublished) {
    if (row.model != nearest) continue;
    table.rows.push_back({std::to_string(row.shots), percent(row.random), ours("random", "-", row.shots), percent(row.abstract),
                          ours("abstract", "numbers", row.shots), percent(row.gold), ours("gold", "-", row.shots)});
  }
  return table;
}

lab::PromptView view_of(const lab::CellRecord& record) {
  const base::Json& exhibit = record.exhibits.at("prompt");
  const Curve curve{"", lab::text_at(record.cell.at, kSetting), lab::text_at(record.cell.at, kSymbols)};
  lab::PromptView view{.title = label_of(curve) + ", " + lab::text_at(record.cell.at, kTask),
                       .caption = "Item " + exhibit.at("item").get<std::string>() + " with K = " + lab::text_at(record.cell.at, kShots) +
                                  ", token by token. The answer is scored after the last one."};
  for (const base::Json& token : exhibit.at("tokens"))
    view.tokens.push_back({.text = token.at("text"), .id = token.at("id"), .is_special = token.at("special")});
  for (const base::Json& answer : exhibit.at("answers")) {
    const bool is_right = answer.at("is_right").get<bool>();
    view.answers.push_back({.text = answer.at("text"), .score = answer.at("score").get<double>(), .is_target = is_right});
  }
  return view;
}

// One rendered prompt per setting: of the first task and the largest K that kept one.
lab::Section prompts(const lab::Records& records, const std::string& model) {
  lab::Section section{.title = "What the model read"};
  for (const Curve& curve : curves_of(records, model)) {
    const lab::CellRecord* shown = nullptr;
    for (const lab::CellRecord* record : lab::select(records, {{kModel, model}, {kSetting, curve.setting}, {kSymbols, curve.symbols}})) {
      if (!record->exhibits.contains("prompt")) continue;
      const bool is_longer = shown && lab::text_at(record->cell.at, kTask) == lab::text_at(shown->cell.at, kTask) &&
                             lab::integer_at(record->cell.at, kShots) > lab::integer_at(shown->cell.at, kShots);
      if (!shown || is_longer) shown = record;
    }
    if (shown) section.blocks.push_back(view_of(*shown));
  }
  return section;
}

// A task's metric summed over its models, templates and draws; it is the same at every K and setting of one of these.
double summed(const std::vector<const lab::CellRecord*>& cells, const char* metric) {
  std::map<std::string, double> values;
  for (const lab::CellRecord* cell : cells)
    values[lab::text_at(cell->cell.at, kModel) + "\n" + lab::text_at(cell->cell.at, kTemplate) + "\n" + lab::text_at(cell->cell.at, kSeed)] =
        metric_of(*cell, metric);
  double sum = 0;
  for (const auto& [name, value] : values) sum += value;
  return sum;
}

// Over all cells: how many demonstrations were left out to fit the context.
double dropped_shots(const std::vector<const lab::CellRecord*>& cells) {
  double sum = 0;
  for (const lab::CellRecord* cell : cells)
    for (const lab::Row& row : cell->rows)
      if (row.metric == kDroppedShots) sum += row.value;
  return sum;
}

lab::Section data_section(const lab::Records& records) {
  lab::Section section{.title = "Data"};
  lab::Table table{.title = "Tasks",
                   .caption =
                       "Dropped queries: those whose prompt at the largest K is longer than the context; they are left out at every K and "
                       "setting. Dropped demonstrations: left out of a prompt so that it fits, where the run was asked to do so."};
  table.columns = {"task",   "kind", "classes", "majority, percent", "queries used", "dropped queries", "dropped demonstrations",
                   "source", "notes"};
  for (const std::string& task : lab::values_of(records, kTask)) {
    std::set<std::string> used;
    const std::vector<const lab::CellRecord*> cells = lab::select(records, {{kTask, task}});
    for (const lab::CellRecord* record : cells)
      for (const lab::ScoredItem& item : record->items) used.insert(item.id);
    const lab::CellRecord& first = *cells.front();
    std::string notes;
    for (const base::Json& note : first.exhibits.at("notes")) notes += (notes.empty() ? "" : " ") + note.get<std::string>();
    table.rows.push_back({task, first.exhibits.at(kKind).get<std::string>(), fmt::format("{:.0f}", 1 / metric_of(first, kChance)),
                          percent(metric_of(first, kMajority)), std::to_string(used.size()), fmt::format("{:.0f}", summed(cells, kDropped)),
                          fmt::format("{:.0f}", dropped_shots(cells)), first.exhibits.at("source").get<std::string>(), notes});
  }
  section.blocks.push_back(std::move(table));
  return section;
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  std::vector<lab::Section> all;
  if (records.empty()) return all;
  for (const std::string& model : lab::values_of(records, kModel)) {
    all.push_back(overview(records, model));
    all.back().blocks.push_back(published_table(records, model));
    if (std::optional<lab::Figure> symbols = symbols_figure(records, model)) all.back().blocks.push_back(std::move(*symbols));
    all.back().blocks.push_back(macro_f1_table(records, model));
    all.push_back(panels(records, model));
    all.back().blocks.push_back(accuracy_table(records, model));
  }
  all.push_back(prompts(records, lab::values_of(records, kModel).front()));
  all.push_back(data_section(records));
  return all;
}

}  // namespace manabi::study::recognition
