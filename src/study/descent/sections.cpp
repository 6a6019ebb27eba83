#include <fmt/format.h>

#include <string>
#include <vector>

#include "learn/theory/regression/linear.h"
#include "study/descent/attention.h"
#include "study/descent/estimators.h"
#include "study/descent/experiment.h"
#include "study/descent/published.h"
#include "study/descent/report.h"

namespace manabi::study::descent {
namespace {

std::vector<lab::Coordinates> settings_of(const lab::Records& records, const char* experiment) {
  std::vector<lab::Coordinates> settings;
  for (const lab::Coordinates& at : lab::settings_in(records))
    if (lab::text_at(at, kExperiment) == experiment) settings.push_back(at);
  return settings;
}

std::string title_of(const lab::Coordinates& at) {
  const std::string layers = lab::text_at(at, kLayers);
  std::string title = fmt::format("{}, {} layer{}", lab::text_at(at, kKind), layers, layers == "1" ? "" : "s");
  if (at.contains(kWidth)) title += fmt::format(", width {}, noise {}", at.at(kWidth), at.at(kNoise));
  return title;
}

std::string mean_text(const std::vector<double>& values, const char* format = "{:.4f}") {
  return values.empty() ? "" : fmt::format(fmt::runtime(format), lab::point_over_seeds(0, values, /*is_share=*/false).y);
}

std::vector<double> last(const lab::Records& records, const lab::Coordinates& at, const char* metric, const lab::Coordinates& row = {}) {
  return lab::last_values(records, {.cell = at, .metric = metric, .row = row});
}

double mean_of(const std::vector<double>& values) { return lab::point_over_seeds(0, values, /*is_share=*/false).y; }

// A network's loss along its training, the learners of theory as lines.
lab::Figure training_figure(const lab::Records& records, const lab::Coordinates& at) {
  lab::Figure figure{.title = title_of(at),
                     .caption = "Half the mean squared error on new tasks, mean over seeds with Student's 95 % interval.",
                     .x_label = "step",
                     .y_label = "loss",
                     .is_small = true};
  figure.series.push_back(
      lab::series_over_steps(kNetwork, records, {.cell = at, .metric = kTaskLoss, .row = loss_at(kNetwork)}, /*is_share=*/false));
  for (const char* learner : {kZero, kDescent, kCurved})
    if (const std::vector<double> values = last(records, at, kTaskLoss, loss_at(learner)); !values.empty())
      figure.reference_lines.emplace_back(learner, mean_of(values));
  return figure;
}

lab::Figure cosine_figure(const lab::Records& records, const std::vector<lab::Coordinates>& settings) {
  lab::Figure figure{
      .title = "Slopes",
      .caption = "Cosine between how the network's answer and that of as many steps of descent change with the query; 1 for descent itself.",
      .x_label = "step",
      .y_label = "cosine",
      .reference_lines = {{"descent", 1.0}}};
  for (const lab::Coordinates& at : settings)
    figure.series.push_back(lab::series_over_steps(title_of(at), records, {.cell = at, .metric = kCosine}, /*is_share=*/false));
  return figure;
}

lab::Table loss_table(const lab::Records& records, const std::vector<lab::Coordinates>& settings) {
  lab::Table table{
      .title = "Losses",
      .caption =
          "Half the mean squared error on new tasks at the end of training, mean over seeds. Difference and slope difference: to as "
          "many steps of descent as there are layers.",
      .columns = {"network", "seeds", "loss", "descent", "curved descent", "zero", "difference", "slope difference", "cosine"}};
  for (const lab::Coordinates& at : settings) {
    const std::vector<double> losses = last(records, at, kTaskLoss, loss_at(kNetwork));
    table.rows.push_back({title_of(at), std::to_string(losses.size()), mean_text(losses),
                          mean_text(last(records, at, kTaskLoss, loss_at(kDescent))), mean_text(last(records, at, kTaskLoss, loss_at(kCurved))),
                          mean_text(last(records, at, kTaskLoss, loss_at(kZero))), mean_text(last(records, at, kDifference)),
                          mean_text(last(records, at, kSlopeDifference)), mean_text(last(records, at, kCosine))});
  }
  return table;
}

std::vector<std::string> shifts_in(const lab::Records& records) {
  std::vector<std::string> shifts;
  for (const lab::CellRecord& record : records)
    for (const lab::Row& row : record.rows) {
      const auto found = row.at.find(kShift);
      if (found != row.at.end() && std::ranges::find(shifts, found->second) == shifts.end()) shifts.push_back(found->second);
    }
  return shifts;
}

lab::Table shift_table(const lab::Records& records, const std::vector<lab::Coordinates>& settings) {
  lab::Table table{.title = "Other tasks than in training",
                   .caption = "Loss of the network / of as many steps of descent at the rate that is best as trained; mean over seeds.",
                   .columns = {"network"}};
  const std::vector<std::string> shifts = shifts_in(records);
  table.columns.insert(table.columns.end(), shifts.begin(), shifts.end());
  for (const lab::Coordinates& at : settings) {
    std::vector<std::string> row = {title_of(at)};
    for (const std::string& shift : shifts)
      row.push_back(fmt::format("{} / {}", mean_text(last(records, at, kTaskLoss, loss_at(kNetwork, shift)), "{:.3f}"),
                                mean_text(last(records, at, kTaskLoss, loss_at(kDescent, shift)), "{:.3f}")));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// A metric over the number of examples, one series a learner.
lab::Series over_examples(const lab::Records& records, const lab::Coordinates& at, const char* metric, const std::string& learner,
                          double scale) {
  lab::Series series{.name = learner};
  for (int64_t examples = 0; examples < kEstimatorPoints; ++examples) {
    std::vector<double> values = last(records, at, metric, {{kLearner, learner}, {kExamples, std::to_string(examples)}});
    for (double& value : values) value *= scale;
    if (!values.empty()) series.points.push_back(lab::point_over_seeds(static_cast<double>(examples), values, /*is_share=*/false));
  }
  return series;
}

lab::Figure error_figure(const lab::Records& records, const lab::Coordinates& at) {
  lab::Figure figure{.title = title_of(at),
                     .caption = "Squared error over the number of inputs' numbers, mean over seeds.",
                     .x_label = "examples",
                     .y_label = "error",
                     .is_small = true};
  figure.series.push_back(over_examples(records, at, kSquaredError, kNetwork, 1.0 / kEstimatorInputs));
  for (const char* learner : {"one step of descent", kLeastSquares})
    figure.series.push_back(over_examples(records, at, kSquaredError, learner, 1.0 / kEstimatorInputs));
  if (lab::text_at(at, kNoise) != "0") {
    const NoiseLevel& level = noise_level(lab::text_at(at, kNoise));
    figure.series.push_back(over_examples(
        records, at, kSquaredError, learn::Ridge(level.noise * level.noise / level.deviation / level.deviation).name(), 1.0 / kEstimatorInputs));
  }
  return figure;
}

lab::Figure difference_figure(const lab::Records& records, const lab::Coordinates& at) {
  lab::Figure figure{.title = title_of(at),
                     .caption = "Mean squared difference between what network and learner tell, over the number of inputs' numbers.",
                     .x_label = "examples",
                     .y_label = "difference",
                     .is_small = true};
  for (const char* learner : {"one step of descent", kLeastSquares, "ridge 0.111", "ridge 0.444", "3 nearest"})
    figure.series.push_back(over_examples(records, at, kSquaredDifference, learner, 1.0 / kEstimatorInputs));
  return figure;
}

lab::Table difference_table(const lab::Records& records, const std::vector<lab::Coordinates>& settings) {
  lab::Table table{
      .title = "Which estimator?",
      .caption = fmt::format("Mean squared difference between what network and learner tell, over the {} numbers of an input; mean over "
                             "fewer examples than numbers (where estimators differ most) / over all.",
                             kEstimatorInputs),
      .columns = {"learner"}};
  for (const lab::Coordinates& at : settings) table.columns.push_back(title_of(at));
  for (const auto& estimator : estimators()) {
    std::vector<std::string> row = {estimator->name()};
    for (const lab::Coordinates& at : settings) {
      double few = 0, all = 0;
      const lab::Series series = over_examples(records, at, kSquaredDifference, estimator->name(), 1.0 / kEstimatorInputs);
      for (const lab::Point& point : series.points) {
        if (point.x < kEstimatorInputs) few += point.y / (kEstimatorInputs - 1);
        all += point.y / static_cast<double>(series.points.size());
      }
      row.push_back(series.points.empty() ? "" : fmt::format("{:.2e} / {:.2e}", few, all));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

lab::Table published_table() {
  lab::Table table{
      .title = "Published: which estimator?",
      .caption =
          "Akyürek et al. 2023, figure 2: 16 layers of width 512, 8 numbers, squared differences over 8 with fewer examples than numbers. "
          "Columns: the noise ratio at which the network was trained.",
      .columns = {"learner"}};
  table.columns.insert(table.columns.end(), kPublishedRatios.begin(), kPublishedRatios.end());
  for (const PublishedDifferences& published : kPublishedDifferences) {
    std::vector<std::string> row = {published.learner};
    for (const double value : published.by_ratio) row.push_back(fmt::format("{:.2e}", value));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  std::vector<lab::Section> all;
  if (const auto settings = settings_of(records, kAttention); !settings.empty()) {
    lab::Section section{.title = "Attention with nothing around it"};
    for (const lab::Coordinates& at : settings) section.blocks.emplace_back(training_figure(records, at));
    section.blocks.emplace_back(cosine_figure(records, settings));
    section.blocks.emplace_back(loss_table(records, settings));
    section.blocks.emplace_back(shift_table(records, settings));
    all.push_back(std::move(section));
  }
  if (const auto settings = settings_of(records, kEstimators); !settings.empty()) {
    lab::Section section{.title = "Decoders beside estimators"};
    for (const lab::Coordinates& at : settings) section.blocks.emplace_back(error_figure(records, at));
    for (const lab::Coordinates& at : settings) section.blocks.emplace_back(difference_figure(records, at));
    section.blocks.emplace_back(difference_table(records, settings));
    section.blocks.emplace_back(published_table());
    all.push_back(std::move(section));
  }
  return all;
}

}  // namespace manabi::study::descent
