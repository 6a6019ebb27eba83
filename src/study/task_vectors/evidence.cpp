#include "study/task_vectors/evidence.h"

#include <algorithm>
#include <map>
#include <utility>

#include "study/item_arms.h"
#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {
namespace {

constexpr double kLearnedBy = 0.2;  // regular minus zero-shot

}  // namespace

Evidence::Evidence(const lab::Records& records, std::string model) : records_(records), model_(std::move(model)) {}

std::vector<const lab::CellRecord*> Evidence::cells(const std::string& what, const std::string& task) const {
  return lab::select(records_, {{"model", model_}, {kWhat, what}, {"task", task}});
}

std::vector<std::string> Evidence::tasks() const {
  std::vector<std::string> names;
  for (const lab::CellRecord* record : lab::select(records_, {{"model", model_}, {kWhat, "task"}})) {
    const std::string& name = record->cell.at.at("task");
    if (!record->rows.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::optional<double> Evidence::mean(const std::string& what, const std::string& task, const std::string& metric,
                                     const lab::Coordinates& at) const {
  return lab::mean_of(cells(what, task), metric, at);
}

std::vector<lab::Observation> Evidence::right(const std::string& task, const std::string& arm) const {
  return right_items(cells("task", task), arm);
}

std::vector<std::string> Evidence::learned_tasks() const {
  std::vector<std::string> learned;
  for (const std::string& task : tasks()) {
    const auto regular = mean("task", task, kAccuracy, {{"arm", "regular"}}), zero = mean("task", task, kAccuracy, {{"arm", "zero-shot"}});
    if (regular && zero && *regular - *zero >= kLearnedBy) learned.push_back(task);
  }
  return learned;
}

std::optional<lab::Interval> Evidence::effect(const std::vector<std::pair<std::string, double>>& weighted_arms) const {
  std::vector<SeedCells> tasks;
  for (const std::string& task : learned_tasks()) tasks.push_back(cells("task", task));
  return effect_of_arms(tasks, weighted_arms);
}

int64_t Evidence::layers() const {
  int64_t most = 0;
  for (const lab::CellRecord* record : lab::select(records_, {{"model", model_}, {kWhat, "task"}}))
    for (const lab::Row& row : record->rows)
      if (row.metric == kChosenOn) most = std::max<int64_t>(most, lab::integer_at(row.at, "layer") + 1);
  return most;
}

std::vector<double> Evidence::curve(const std::vector<std::string>& of_tasks, const std::string& metric, const lab::Coordinates& at) const {
  std::vector<double> values;
  for (int64_t layer = 0; layer < layers(); ++layer) {
    lab::Coordinates where = at;
    where["layer"] = std::to_string(layer);
    double sum = 0;
    for (const std::string& task : of_tasks) sum += mean("task", task, metric, where).value_or(0);
    values.push_back(of_tasks.empty() ? 0 : sum / static_cast<double>(of_tasks.size()));
  }
  return values;
}

}  // namespace manabi::study::task_vectors
