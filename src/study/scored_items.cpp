#include "study/scored_items.h"

#include <utility>
#include <vector>

#include "lab/statistics/seeds.h"

namespace manabi::study {

lab::Stratum right_answers(const lab::Records& records, const lab::Coordinates& where) {
  lab::Stratum answers;
  for (const lab::CellRecord* record : lab::select(records, where))
    for (const lab::ScoredItem& item : record->items)
      answers.push_back({.item = item.id, .draw = lab::integer_at(record->cell.at, lab::kSeed), .value = item.is_right() ? 1.0 : 0.0});
  return answers;
}

std::optional<lab::Interval> accuracy_of(const lab::Records& records, const lab::Coordinates& where) {
  const std::vector<lab::Stratum> answers = {right_answers(records, where)};
  return answers.front().empty() ? std::nullopt : std::optional(lab::bootstrap_mean(answers));
}

std::optional<lab::Interval> accuracy_difference(const lab::Records& records, const lab::Coordinates& more, const lab::Coordinates& less,
                                                 const std::string& over) {
  std::vector<std::vector<lab::Stratum>> strata(2);
  const std::vector<std::string> values = over.empty() ? std::vector<std::string>{""} : lab::values_of(records, over);
  for (const std::string& value : values) {
    lab::Coordinates left = more, right = less;
    if (!over.empty()) left[over] = right[over] = value;
    lab::Stratum a = right_answers(records, left), b = right_answers(records, right);
    if (a.empty() || b.empty()) continue;
    strata[0].push_back(std::move(a));
    strata[1].push_back(std::move(b));
  }
  if (strata[0].empty()) return std::nullopt;
  const std::vector<double> weights = {1, -1};
  return in_points(lab::bootstrap_combination(strata, weights));
}

lab::Interval in_points(lab::Interval interval) {
  constexpr double kPoints = 100;
  interval.value *= kPoints;
  interval.low *= kPoints;
  interval.high *= kPoints;
  return interval;
}

}  // namespace manabi::study
