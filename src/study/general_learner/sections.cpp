#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "lab/statistics/seeds.h"
#include "study/general_learner/published.h"
#include "study/general_learner/report.h"
#include "study/general_learner/settings.h"

namespace manabi::study::general_learner {
namespace {

constexpr const char* kQuestions[] = {kSeenTasks, kNewImages, kUnseenTasks, kOtherImages};

std::vector<double> accuracies(const lab::Records& records, const Setting& setting, const std::string& question, const std::string& learner,
                               const std::string& item) {
  return lab::last_values(records,
                          {.cell = setting.at(), .metric = kAccuracy, .row = {{kQuestion, question}, {kLearner, learner}, {kItem, item}}});
}

// The learners that answered a question in the order of the rows, the network first.
std::vector<std::string> learners_of(const lab::Records& records, const Setting& setting, const std::string& question) {
  std::vector<std::string> learners;
  for (const lab::CellRecord* record : lab::select(records, setting.at()))
    for (const lab::Row& row : record->rows)
      if (row.metric == kAccuracy && row.at.at(kQuestion) == question && std::ranges::find(learners, row.at.at(kLearner)) == learners.end())
        learners.push_back(row.at.at(kLearner));
  return learners;
}

lab::Figure item_figure(const lab::Records& records, const Setting& setting, const std::string& question) {
  lab::Figure figure{.title = fmt::format("{}: {}", setting.title(), question),
                     .caption = "Share of rows whose item is named rightly; mean over seeds.",
                     .x_label = "items before",
                     .y_label = "accuracy",
                     .reference_lines = {{"guess", 1.0 / kLabels}},
                     .y_is_share = true,
                     .is_small = true};
  for (const std::string& learner : learners_of(records, setting, question)) {
    lab::Series series{.name = learner};
    for (int64_t item = 0; item < kItems; ++item)
      if (const auto seeds = accuracies(records, setting, question, learner, std::to_string(item)); !seeds.empty())
        series.points.push_back(lab::point_over_seeds(static_cast<double>(item), seeds));
    figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Figure training_figure(const lab::Records& records, const std::vector<Setting>& settings, const std::string& question) {
  lab::Figure figure{.title = question,
                     .caption = "Accuracy at the last five items along the training.",
                     .x_label = "step",
                     .y_label = "accuracy",
                     .reference_lines = {{"guess", 1.0 / kLabels}},
                     .y_is_share = true};
  for (const Setting& setting : settings)
    figure.series.push_back(lab::series_over_steps(
        setting.title(), records,
        {.cell = setting.at(), .metric = kAccuracy, .row = {{kQuestion, question}, {kLearner, kNetwork}, {kItem, kLastFive}}}));
  return figure;
}

// Gained within a row, over numbers of tasks and widths: where networks begin to learn.
lab::HeatMap phase_map(const lab::Records& records, const std::vector<Setting>& settings, const std::string& question) {
  lab::HeatMap map{.title = "Learning within a row: " + question,
                   .caption = "Accuracy at the last five items minus the first, decoders with the usual training; mean over seeds.",
                   .x_label = "tasks",
                   .y_label = "width",
                   .unit = "share",
                   .range = std::pair(0.0, 0.8)};
  std::vector<int64_t> tasks, widths;
  const auto note = [](std::vector<int64_t>& all, int64_t value) {
    if (std::ranges::find(all, value) == all.end()) all.push_back(value);
    std::ranges::sort(all);
  };
  for (const Setting& setting : settings) {
    if (Setting{.log_tasks = setting.log_tasks, .width = setting.width}.at() != setting.at()) continue;
    note(tasks, setting.log_tasks), note(widths, setting.width);
  }
  for (const int64_t count : tasks) map.columns.push_back(fmt::format("2^{}", count));
  for (const int64_t width : widths) {
    map.rows.push_back(std::to_string(width));
    std::vector<double> values;
    for (const int64_t count : tasks) {
      const Setting setting = {.log_tasks = count, .width = width};
      const auto first = accuracies(records, setting, question, kNetwork, kFirst),
                 last = accuracies(records, setting, question, kNetwork, kLastFive);
      values.push_back(last.empty() ? std::nan("") : lab::point_over_seeds(0, lab::differences(first, last), false).y);
    }
    map.values.push_back(std::move(values));
  }
  return map;
}

lab::Table accuracy_table(const lab::Records& records, const std::vector<Setting>& settings) {
  lab::Table table{
      .title = "At the end",
      .caption =
          "Accuracy in percent at the first item -> the last five, mean over seeds; 20 by guessing. State: numbers that a network keeps "
          "of a row.",
      .columns = {"network", "seeds", "parameters", "state"}};
  table.columns.insert(table.columns.end(), std::begin(kQuestions), std::end(kQuestions));
  const auto mean = [](const std::vector<double>& seeds) { return 100 * lab::point_over_seeds(0, seeds).y; };
  for (const Setting& setting : settings) {
    const auto parameters = lab::last_values(records, {.cell = setting.at(), .metric = kParameters});
    std::vector<std::string> row = {setting.title(), std::to_string(parameters.size()),
                                    parameters.empty() ? "" : fmt::format("{:.0f}", parameters.front()), std::to_string(state_size(setting))};
    for (const char* question : kQuestions) {
      const auto first = accuracies(records, setting, question, kNetwork, kFirst),
                 last = accuracies(records, setting, question, kNetwork, kLastFive);
      row.push_back(first.empty() ? "" : fmt::format("{:.0f} -> {:.0f}", mean(first), mean(last)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table reference_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{.title = "Learners of theory on the same rows",
                   .caption = "Accuracy in percent at the last five items, mean over seeds.",
                   .columns = {"learner", kUnseenTasks, kOtherImages}};
  for (const std::string& learner : learners_of(records, setting, kUnseenTasks)) {
    std::vector<std::string> row = {learner};
    for (const char* question : {kUnseenTasks, kOtherImages})
      row.push_back(fmt::format("{:.1f}", 100 * lab::point_over_seeds(0, accuracies(records, setting, question, learner, kLastFive)).y));
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table published_table() {
  lab::Table table{.title = "Published",
                   .caption = "Kirsch et al. 2022: percent after 99 examples of ten classes, trained on tasks projected from MNIST.",
                   .columns = {"learner", "images", "accuracy"}};
  for (const PublishedAccuracy& published : kPublishedAccuracies)
    table.rows.push_back({published.learner, published.images, fmt::format("{:.2f}", published.percent)});
  return table;
}

// Which images stood for the first and the second set.
std::string images_text(const lab::Records& records) {
  const auto name = [&](const char* input) {
    const lab::Coordinates& inputs = records.front().cell.inputs;
    const auto found = inputs.find(input);
    return found == inputs.end() ? std::string("unnamed") : found->second.substr(0, found->second.rfind(' '));
  };
  return fmt::format(
      "First images: {}. Second images: {}. Networks are trained on the first unless their name says otherwise; the other images of a question "
      "are "
      "the other set's.",
      name(kFirstImagesInput), name(kSecondImagesInput));
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  std::vector<Setting> settings;
  for (const lab::Coordinates& at : lab::settings_in(records)) settings.push_back(setting_of(at));
  std::ranges::sort(settings, {}, &Setting::log_tasks);
  lab::Section rows{.title = "Within a row"}, training{.title = "Along the training"}, numbers{.title = "All numbers"};
  if (!records.empty()) rows.blocks.emplace_back(images_text(records));
  for (const char* question : {kUnseenTasks, kOtherImages})
    for (const Setting& setting : settings) rows.blocks.emplace_back(item_figure(records, setting, question));
  for (const char* question : {kNewImages, kUnseenTasks}) rows.blocks.emplace_back(phase_map(records, settings, question));
  for (const char* question : {kUnseenTasks, kOtherImages}) training.blocks.emplace_back(training_figure(records, settings, question));
  numbers.blocks.emplace_back(accuracy_table(records, settings));
  if (!settings.empty()) numbers.blocks.emplace_back(reference_table(records, settings.back()));
  numbers.blocks.emplace_back(published_table());
  return {std::move(rows), std::move(training), std::move(numbers)};
}

}  // namespace manabi::study::general_learner
