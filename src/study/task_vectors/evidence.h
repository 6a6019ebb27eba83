// What the records say of one model, and how effects are made of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/record.h"
#include "lab/statistics/statistics.h"
#include "study/item_arms.h"

namespace manabi::study::task_vectors {

inline constexpr const char* kWhat = "what";  // of a cell: "task", "made up", "override", "geometry", "network"
inline constexpr const char* kMadeUp = "made up";

inline constexpr const char* kNovelty = "novelty";  // an exhibit of a made up task: what is new in its prompts
inline constexpr double kLearnedBy = 0.2;           // regular minus zero-shot

class Evidence {
 public:
  // Of the tasks in cells of one kind: those of the paper, or those that are made up.
  Evidence(const lab::Records& records, std::string model, std::string what = "task");

  const std::string& model() const { return model_; }
  std::vector<std::string> tasks() const;  // with records, in the order of the grid

  // Mean over seeds of a row's value; nothing without one.
  std::optional<double> mean(const std::string& what, const std::string& task, const std::string& metric, const lab::Coordinates& at = {}) const;
  // 0 or 1 of every item of every seed, an arm of one task.
  std::vector<lab::Observation> right(const std::string& task, const std::string& arm) const;

  // Tasks that the model learns in its context: demonstrations add 20 points or more (the paper's summary rule).
  std::vector<std::string> learned_tasks() const;
  // Cells of the learned tasks.
  std::vector<SeedCells> learned_cells() const;
  // Sum of weights times accuracies over the learned tasks; nothing without at least one.
  std::optional<lab::Interval> effect(const std::vector<std::pair<std::string, double>>& weighted_arms) const;

  int64_t layers() const;  // of the model
  // By layer, the mean over the tasks of a metric's rows.
  std::vector<double> curve(const std::vector<std::string>& tasks, const std::string& metric, const lab::Coordinates& at) const;

 private:
  std::vector<const lab::CellRecord*> cells(const std::string& what, const std::string& task) const;

  const lab::Records& records_;
  std::string model_, what_;
};

}  // namespace manabi::study::task_vectors
