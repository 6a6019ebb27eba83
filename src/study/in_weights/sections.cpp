#include "study/in_weights/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/statistics/seeds.h"
#include "study/in_weights/conditions.h"
#include "study/in_weights/published.h"
#include "study/training/pair_study.h"

namespace manabi::study::in_weights {
namespace {

constexpr double kChance = 0.9;  // error of a uniform guess among ten classes

struct Shown {
  std::string name;
  Question question;
};

const std::vector<Shown>& shown() {
  static const std::vector<Shown> all = {{"frequent, only the context tells", {"relevant", "high", "shifted"}},
                                         {"rare, only the context tells", {"relevant", "low", "shifted"}},
                                         {"frequent, only the weights tell", {"irrelevant", "high", "base"}},
                                         {"rare, only the weights tell", {"irrelevant", "low", "base"}}};
  return all;
}

std::vector<double> errors_of(const lab::Records& records, const Condition& condition, const Question& question) {
  return lab::last_values(records, {.cell = coordinates_of(condition), .metric = kError, .row = question.at()});
}

std::vector<Condition> conditions_in(const lab::Records& records) {
  std::vector<Condition> all;
  for (const lab::CellRecord& record : records) {
    const Condition condition = condition_at(record.cell.at);
    if (std::ranges::find(all, condition) == all.end()) all.push_back(condition);
  }
  return all;
}

// The conditions that are `base` but for their number of rows, ascending in it.
std::vector<Condition> over_rows(const std::vector<Condition>& all, Condition base) {
  std::vector<Condition> kept;
  for (const Condition& condition : all) {
    base.rows = condition.rows;
    if (base == condition) kept.push_back(condition);
  }
  std::ranges::sort(kept, {}, &Condition::rows);
  return kept;
}

lab::Series series_of(const std::string& name, const lab::Records& records, const std::vector<Condition>& conditions, const Question& question) {
  lab::Series series{.name = name};
  for (const Condition& condition : conditions)
    if (const std::vector<double> errors = errors_of(records, condition, question); !errors.empty())
      series.points.push_back(lab::point_over_seeds(static_cast<double>(condition.rows), errors));
  return series;
}

void add_published(const Condition& base, const Shown& what, int64_t most_rows, lab::Figure& figure) {
  if (base.relevant_share != 0.9 || base.high_share != 0.9 || base.pairs != 1) return;
  for (const PublishedCurve& curve : kPublishedCurves) {
    if (curve.noise != base.noise ||
        Question{std::string(curve.context), std::string(curve.query), std::string(curve.labels)}.name() != what.question.name())
      continue;
    lab::Series series{.name = "paper: " + what.name, .is_published = true, .counterpart = what.name};
    for (size_t i = 0; i < kPublishedRows.size(); ++i)
      if (kPublishedRows[i] <= most_rows) series.points.push_back({.x = static_cast<double>(kPublishedRows[i]), .y = curve.error[i]});
    figure.series.push_back(std::move(series));
  }
}

lab::Figure figure_over_rows(const std::string& title, const lab::Records& records, const Condition& base) {
  const std::vector<Condition> conditions = over_rows(conditions_in(records), base);
  lab::Figure figure{.title = title,
                     .caption = "Mean error over seeds with Student's 95 % interval; 3,000 new queries a point and seed.",
                     .x_label = "rows of the data set, N",
                     .y_label = "error",
                     .x_scale = lab::Scale::log2,
                     .reference_lines = {{"uniform guess", kChance}},
                     .y_is_share = true};
  for (const Shown& what : shown()) {
    figure.series.push_back(series_of(what.name, records, conditions, what.question));
    if (!conditions.empty()) add_published(base, what, conditions.back().rows, figure);
  }
  return figure;
}

bool has_points(const lab::Figure& figure) {
  return std::ranges::any_of(figure.series, [](const lab::Series& series) { return series.points.size() > 1; });
}

lab::Table table_of(const lab::Records& records) {
  lab::Table table{.title = "Every condition",
                   .caption = "Mean error over seeds, percent, after the last step.",
                   .columns = {"N", "noise", "relevant", "frequent share", "pairs", "copies", "rare classes", "label noise", "seeds"}};
  for (const Question& question : questions()) table.columns.push_back(question.name());
  for (const Condition& c : conditions_in(records)) {
    std::vector<std::string> row = {
        std::to_string(c.rows),          fmt::format("{}", c.noise),       fmt::format("{}", c.relevant_share),
        fmt::format("{}", c.high_share), std::to_string(c.pairs),          c.relevant_pairs > 0 ? std::to_string(c.relevant_pairs) : "any",
        std::to_string(c.low_classes),   fmt::format("{}", c.label_noise), std::to_string(errors_of(records, c, questions().front()).size())};
    for (const Question& question : questions()) {
      const std::vector<double> errors = errors_of(records, c, question);
      row.push_back(errors.empty() ? "" : fmt::format("{:.1f}", 100 * lab::point_over_seeds(0, errors).y));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<lab::Section> sections_of(const lab::Records& records) {
  if (records.empty()) return {};
  lab::Section main{.title = "Context or weights"};
  main.blocks.emplace_back(
      "A query whose context shows its class under shifted labels is answered rightly from the context alone; a query whose class the context "
      "does "
      "not hold, from the weights alone. Error near zero says that this source is used.");
  for (const double noise : {0.2, 0.4, 0.0}) {
    lab::Figure figure = figure_over_rows(fmt::format("Input noise {}", noise), records, {.noise = noise});
    if (has_points(figure)) main.blocks.emplace_back(std::move(figure));
  }
  lab::Section references{.title = "What each source alone would do"};
  for (const double share : {0.0, 1.0}) {
    lab::Figure figure = figure_over_rows(share == 0 ? "Trained on irrelevant contexts alone" : "Trained on relevant contexts alone", records,
                                          {.relevant_share = share});
    if (has_points(figure)) references.blocks.emplace_back(std::move(figure));
  }
  lab::Section all{.title = "All numbers", .blocks = {table_of(records)}};
  std::vector<lab::Section> sections = {std::move(main)};
  if (!references.blocks.empty()) sections.push_back(std::move(references));
  sections.push_back(std::move(all));
  return sections;
}

}  // namespace manabi::study::in_weights
