// What records say of one condition and question: the error of every seed.
#pragma once

#include <optional>
#include <vector>

#include "lab/record.h"
#include "lab/report.h"
#include "lab/statistics/statistics.h"
#include "study/in_weights/conditions.h"

namespace manabi::study::in_weights {

inline constexpr const char* kError = "error";
inline constexpr const char* kStep = "step";

class Evidence {
 public:
  explicit Evidence(const lab::Records& records) : records_(records) {}

  // One error a seed, in the order of the seeds, after the last step.
  std::vector<double> errors(const Condition& condition, const Question& question) const;
  // right - left, seed by seed; empty when the two have not the same seeds.
  std::vector<double> differences(const Condition& left, const Condition& right, const Question& question) const;
  bool has(const Condition& condition) const { return !cells(condition).empty(); }

 private:
  std::vector<const lab::CellRecord*> cells(const Condition& condition) const { return lab::select(records_, coordinates_of(condition)); }

  const lab::Records& records_;
};

// Student's interval, or nothing from fewer than two seeds.
std::optional<lab::Interval> interval_of(const std::vector<double>& values);
// The mean over seeds at x, with its interval where there is one.
lab::Point point_at(double x, const std::vector<double>& values);

}  // namespace manabi::study::in_weights
