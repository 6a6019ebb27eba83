#include "study/task_vectors/evidence.h"

#include <algorithm>
#include <map>
#include <utility>

#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {
namespace {

constexpr double kLearnedBy = 0.2;  // regular minus zero-shot

bool has(const lab::Row& row, const std::string& metric, const lab::Coordinates& at) {
  const auto is_there = [&](const auto& wanted) {
    const auto found = row.at.find(wanted.first);
    return found != row.at.end() && found->second == wanted.second;
  };
  return row.metric == metric && row.at.size() == at.size() && std::ranges::all_of(at, is_there);
}

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
  double sum = 0;
  int64_t count = 0;
  for (const lab::CellRecord* record : cells(what, task)) {
    for (const lab::Row& row : record->rows) {
      if (!has(row, metric, at)) continue;
      sum += row.value;
      ++count;
    }
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

std::vector<lab::Observation> Evidence::right(const std::string& task, const std::string& arm) const {
  std::vector<lab::Observation> observations;
  for (const lab::CellRecord* record : cells("task", task)) {
    const std::string& seed = record->cell.at.at("seed");
    for (const lab::Row& row : record->rows)
      if (row.metric == kRight && row.at.at("arm") == arm)
        observations.push_back({.item = seed + "/" + row.at.at("item"), .draw = std::stoll(seed), .value = row.value});
  }
  return observations;
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
  std::vector<std::vector<lab::Stratum>> strata_of;
  std::vector<double> weights;
  const std::vector<std::string> learned = learned_tasks();
  if (learned.empty()) return std::nullopt;
  for (const auto& [arm, weight] : weighted_arms) {
    std::vector<lab::Stratum>& strata = strata_of.emplace_back();
    for (const std::string& task : learned) strata.push_back(right(task, arm));
    weights.push_back(weight);
  }
  return lab::bootstrap_combination(strata_of, weights);
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
