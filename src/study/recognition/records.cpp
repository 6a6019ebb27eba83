// How the study's records are picked and pooled.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "study/recognition/published.h"
#include "study/recognition/recognition.h"

namespace manabi::study::recognition {

std::string_view nearest_published(double parameters) {
  const PublishedRow* nearest = &kPublished.front();
  const auto distance = [&](const PublishedRow& row) { return std::abs(std::log(row.billions * 1e9 / parameters)); };
  for (const PublishedRow& row : kPublished)
    if (distance(row) < distance(*nearest)) nearest = &row;
  return nearest->model;
}

std::string label_of(const Curve& curve) {
  std::string label = curve.setting;
  std::ranges::transform(label, label.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return curve.symbols == "-" ? label : label + " (" + curve.symbols + ")";
}

std::vector<int64_t> shots_of(const lab::Records& records) {
  std::vector<int64_t> shots;
  for (const lab::CellRecord& record : records) shots.push_back(lab::integer_at(record.cell.at, kShots));
  std::ranges::sort(shots);
  shots.erase(std::unique(shots.begin(), shots.end()), shots.end());
  return shots;
}

std::vector<Curve> curves_of(const lab::Records& records, const std::string& model) {
  std::vector<Curve> curves;
  for (const lab::CellRecord* record : lab::select(records, {{kModel, model}})) {
    const std::string& setting = lab::text_at(record->cell.at, kSetting);
    const std::string& symbols = lab::text_at(record->cell.at, kSymbols);
    const bool is_known = std::ranges::any_of(curves, [&](const Curve& curve) { return curve.setting == setting && curve.symbols == symbols; });
    if (!is_known) curves.push_back({model, setting, symbols});
  }
  return curves;
}

Populations populations(const lab::Records& records, const Curve& curve, int64_t shots, const std::string& kind) {
  Populations found;
  const lab::Coordinates where = {{kModel, curve.model}, {kSetting, curve.setting}, {kSymbols, curve.symbols}, {kShots, std::to_string(shots)}};
  for (const lab::CellRecord* record : lab::select(records, where)) {
    if (!kind.empty() && record->exhibits.at(kKind) != kind) continue;
    lab::Stratum& stratum = found[{lab::text_at(record->cell.at, kTask), lab::text_at(record->cell.at, kTemplate)}];
    for (lab::Observation& seen : lab::accuracies(*record)) stratum.push_back(std::move(seen));
  }
  return found;
}

std::map<std::string, lab::Stratum> strata_by_task(const Populations& populations) {
  std::map<std::string, lab::Stratum> strata;
  for (const auto& [population, stratum] : populations) {
    lab::Stratum& of_task = strata[population.task];
    of_task.insert(of_task.end(), stratum.begin(), stratum.end());
  }
  return strata;
}

lab::Interval accuracy(const Populations& populations) {
  std::vector<lab::Stratum> strata;
  for (auto& [task, stratum] : strata_by_task(populations)) strata.push_back(std::move(stratum));
  return lab::bootstrap_mean(strata);
}

namespace {

// Counts of one class over the items of one task and template.
struct ClassCounts {
  double right = 0, chosen = 0, wanted = 0;
  double f1() const { return chosen + wanted > 0 ? 2 * right / (chosen + wanted) : 0; }
};

}  // namespace

double macro_f1(const lab::Records& records, const Curve& curve, int64_t shots) {
  std::map<Population, std::map<int64_t, ClassCounts>> counts;
  const lab::Coordinates where = {{kModel, curve.model}, {kSetting, curve.setting}, {kSymbols, curve.symbols}, {kShots, std::to_string(shots)}};
  for (const lab::CellRecord* record : lab::select(records, where)) {
    auto& classes = counts[{lab::text_at(record->cell.at, kTask), lab::text_at(record->cell.at, kTemplate)}];
    for (const lab::ScoredItem& item : record->items) {
      const int64_t chosen = std::ranges::max_element(item.scores) - item.scores.begin();
      classes[item.target].wanted += 1;
      classes[chosen].chosen += 1;
      classes[item.target].right += chosen == item.target;
    }
  }
  double sum = 0;
  for (const auto& [population, classes] : counts)
    for (const auto& [label, count] : classes) sum += count.f1() / static_cast<double>(classes.size());
  return counts.empty() ? 0 : sum / static_cast<double>(counts.size());
}

double metric_of(const lab::CellRecord& record, const std::string& metric) {
  for (const lab::Row& row : record.rows)
    if (row.metric == metric) return row.value;
  throw base::Error({.where = "recognition",
                     .given = "a cell without the metric '" + metric + "'",
                     .hint = "run the study again: the store was written by another version"});
}

double mean_metric(const lab::Records& records, const std::string& metric, const std::set<std::string>& tasks) {
  std::map<std::string, double> by_task;
  for (const lab::CellRecord& record : records) {
    const std::string& task = lab::text_at(record.cell.at, kTask);
    if (tasks.empty() || tasks.contains(task)) by_task[task] = metric_of(record, metric);
  }
  double sum = 0;
  for (const auto& [task, value] : by_task) sum += value;
  return by_task.empty() ? 0 : sum / static_cast<double>(by_task.size());
}

}  // namespace manabi::study::recognition
