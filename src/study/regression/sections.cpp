#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "study/regression/published.h"
#include "study/regression/report.h"
#include "study/regression/tasks.h"
#include "study/training/value_study.h"

namespace manabi::study::regression {
namespace {

std::string title_of(const Setting& setting) {
  return fmt::format("{}, {} numbers, {} layers of width {}{}, {} steps", setting.functions, setting.numbers, setting.layers, setting.width,
                     setting.has_curriculum ? ", curriculum" : "", setting.steps);
}

lab::Coordinates row_at(const std::string& learner, int64_t examples, const std::string& shift = kAsTrained) {
  return {{kLearner, learner}, {kExamples, std::to_string(examples)}, {kShift, shift}};
}

std::vector<std::string> learners_of(const Setting& setting) {
  std::vector<std::string> names = {kNetwork};
  for (const auto& learner : references_of(setting)) names.push_back(learner->name());
  return names;
}

lab::Series errors_over_examples(const lab::Records& records, const Setting& setting, const std::string& learner) {
  constexpr double kMost = 2;  // least squares has no bound where examples are as many as numbers
  lab::Series series{.name = learner};
  for (int64_t examples = 0; examples < points_of(setting); ++examples) {
    const std::vector<double> errors =
        lab::last_values(records, {.cell = setting.at(), .metric = kSquaredError, .row = row_at(learner, examples)});
    if (errors.empty()) continue;
    lab::Point point = lab::point_over_seeds(static_cast<double>(examples), errors, /*is_share=*/false);
    if (point.y > kMost) continue;
    if (point.low) point.low = std::max(*point.low, 0.0);
    if (point.high) point.high = std::min(*point.high, kMost);
    series.points.push_back(point);
  }
  return series;
}

lab::Figure error_figure(const lab::Records& records, const Setting& setting) {
  lab::Figure figure{
      .title = title_of(setting),
      .caption =
          "Squared error over that of telling nothing, on new tasks; mean over seeds with Student's 95 % interval. Values above 2 "
          "are left out.",
      .x_label = "examples",
      .y_label = "error"};
  for (const std::string& learner : learners_of(setting)) figure.series.push_back(errors_over_examples(records, setting, learner));
  return figure;
}

lab::Figure training_figure(const lab::Records& records, const std::vector<Setting>& settings) {
  lab::Figure figure{
      .title = "Along the training", .caption = "The network's error at the end of a row.", .x_label = "step", .y_label = "error"};
  for (const Setting& setting : settings)
    figure.series.push_back(lab::series_over_steps(
        title_of(setting), records, {.cell = setting.at(), .metric = kSquaredError, .row = row_at(kNetwork, points_of(setting) - 1)},
        /*is_share=*/false));
  return figure;
}

// Every fifth number of examples, and the last.
lab::Table error_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{.title = title_of(setting),
                   .caption = "Squared error over that of telling nothing, by number of examples; mean over seeds.",
                   .columns = {"learner", "seeds"}};
  std::vector<int64_t> shown;
  const int64_t last = points_of(setting) - 1, every = std::max<int64_t>(1, last / 5);
  for (int64_t examples = 0; examples <= last; examples += every) shown.push_back(examples);
  for (const int64_t examples : shown) table.columns.push_back(std::to_string(examples));
  for (const std::string& learner : learners_of(setting)) {
    std::vector<std::string> row = {learner, ""};
    for (const int64_t examples : shown) {
      const std::vector<double> errors =
          lab::last_values(records, {.cell = setting.at(), .metric = kSquaredError, .row = row_at(learner, examples)});
      row[1] = std::to_string(errors.size());
      row.push_back(errors.empty() ? "" : fmt::format("{:.3f}", lab::point_over_seeds(0, errors, false).y));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table shift_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{
      .title = "Other tasks: " + title_of(setting),
      .caption =
          "Squared error of the network / of least squares, over the numbers of an input (what telling nothing loses as trained), by "
          "number of examples.",
      .columns = {"tasks"}};
  for (const int64_t examples : shifted_examples(setting)) table.columns.push_back(std::to_string(examples));
  for (const Shift& shift : shifts_of(setting)) {
    std::vector<std::string> row = {shift.name};
    for (const int64_t examples : shifted_examples(setting)) {
      const auto text = [&](const std::string& learner) {
        const std::vector<double> errors =
            lab::last_values(records, {.cell = setting.at(), .metric = kSquaredError, .row = row_at(learner, examples, shift.name)});
        return errors.empty() ? std::string() : fmt::format("{:.3f}", lab::point_over_seeds(0, errors, false).y);
      };
      row.push_back(can_be_asked(setting, shift, examples) ? text(kNetwork) + " / " + text("least squares") : "not defined");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table spread_table(const lab::Records& records, const std::vector<Setting>& settings) {
  lab::Table table{
      .title = "Order of the examples",
      .caption =
          "Standard deviation of what the network tells of a query over 16 orders of the same examples, over the values' own. Every "
          "learner of theory here but online descent is blind to the order: 0.",
      .columns = {"network", "spread"}};
  for (const Setting& setting : settings) {
    const std::vector<double> spread = lab::last_values(records, {.cell = setting.at(), .metric = kPermutationSpread});
    table.rows.push_back({title_of(setting), spread.empty() ? "" : fmt::format("{:.3f}", lab::point_over_seeds(0, spread, false).y)});
  }
  return table;
}

lab::Section published_section() {
  lab::Table errors{.title = "Published errors",
                    .caption = "Garg et al. 2022: 20 numbers, 12 layers of width 256, 500,000 steps.",
                    .columns = {"tasks", "learner", "examples", "error"}};
  for (const PublishedError& published : kPublishedErrors)
    errors.rows.push_back({published.tasks, published.learner, std::to_string(published.examples), fmt::format("{:.3g}", published.error)});
  lab::Table curves{.title = "Published: two-layer functions",
                    .caption = "20 numbers, 100 hidden units; squared error over 20, by number of examples.",
                    .columns = {"learner"}};
  for (const int examples : kPublishedExamples) curves.columns.push_back(std::to_string(examples));
  for (const PublishedCurve& curve : kPublishedTwoLayer) {
    std::vector<std::string> row = {curve.learner};
    for (const double error : curve.raw_errors) row.push_back(fmt::format("{:.3f}", error / 20));
    curves.rows.push_back(std::move(row));
  }
  return {.title = "Published", .blocks = {std::move(errors), std::move(curves)}};
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  std::vector<Setting> settings;
  for (const lab::Coordinates& at : lab::settings_in(records)) settings.push_back(setting_of(at));
  lab::Section curves{.title = "Errors over the examples"}, shifts{.title = "Other tasks than in training"}, numbers{.title = "All numbers"};
  for (const Setting& setting : settings) {
    curves.blocks.emplace_back(error_figure(records, setting));
    if (!shifts_of(setting).empty()) shifts.blocks.emplace_back(shift_table(records, setting));
    numbers.blocks.emplace_back(error_table(records, setting));
  }
  curves.blocks.emplace_back(training_figure(records, settings));
  shifts.blocks.emplace_back(spread_table(records, settings));
  return {std::move(curves), std::move(shifts), std::move(numbers), published_section()};
}

}  // namespace manabi::study::regression
