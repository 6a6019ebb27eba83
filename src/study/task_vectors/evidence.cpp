#include "study/task_vectors/evidence.h"

#include <algorithm>
#include <map>
#include <utility>

#include "study/item_arms.h"
#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {
Evidence::Evidence(const lab::Records& records, std::string model, std::string what)
    : records_(records), model_(std::move(model)), what_(std::move(what)) {}

std::vector<const lab::CellRecord*> Evidence::cells(const std::string& what, const std::string& task) const {
  return lab::select(records_, {{"model", model_}, {kWhat, what}, {"task", task}});
}

std::vector<std::string> Evidence::tasks() const {
  std::vector<std::string> names;
  for (const lab::CellRecord* record : lab::select(records_, {{"model", model_}, {kWhat, what_}})) {
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
  return right_items(cells(what_, task), arm);
}

std::vector<std::string> Evidence::learned_tasks() const {
  std::vector<std::string> learned;
  for (const std::string& task : tasks()) {
    const auto regular = mean(what_, task, kAccuracy, {{"arm", "regular"}}), zero = mean(what_, task, kAccuracy, {{"arm", "zero-shot"}});
    if (regular && zero && *regular - *zero >= kLearnedBy) learned.push_back(task);
  }
  return learned;
}

std::optional<lab::Interval> Evidence::effect(const std::vector<std::pair<std::string, double>>& weighted_arms) const {
  return effect_of_arms(learned_cells(), weighted_arms);
}

std::vector<SeedCells> Evidence::learned_cells() const {
  std::vector<SeedCells> tasks;
  for (const std::string& task : learned_tasks()) tasks.push_back(cells(what_, task));
  return tasks;
}

int64_t Evidence::layers() const {
  int64_t most = 0;
  for (const lab::CellRecord* record : lab::select(records_, {{"model", model_}, {kWhat, what_}}))
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
    for (const std::string& task : of_tasks) sum += mean(what_, task, metric, where).value_or(0);
    values.push_back(of_tasks.empty() ? 0 : sum / static_cast<double>(of_tasks.size()));
  }
  return values;
}

}  // namespace manabi::study::task_vectors
