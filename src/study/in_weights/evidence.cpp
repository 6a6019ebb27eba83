#include "study/in_weights/evidence.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace manabi::study::in_weights {
namespace {

// The row with the largest step.
std::optional<double> last_error(const lab::CellRecord& record, const Question& question) {
  std::optional<double> error;
  int64_t last = -1;
  for (const lab::Row& row : record.rows) {
    if (row.metric != kError || row.at.at("context") != question.context || row.at.at("query") != question.query ||
        row.at.at("labels") != question.labels || lab::integer_at(row.at, kStep) < last)
      continue;
    last = lab::integer_at(row.at, kStep);
    error = row.value;
  }
  return error;
}

}  // namespace

std::vector<double> Evidence::errors(const Condition& condition, const Question& question) const {
  std::map<int64_t, double> by_seed;
  for (const lab::CellRecord* record : cells(condition))
    if (const std::optional<double> error = last_error(*record, question)) by_seed[lab::integer_at(record->cell.at, "seed")] = *error;
  std::vector<double> errors;
  for (const auto& [seed, error] : by_seed) errors.push_back(error);
  return errors;
}

std::vector<double> Evidence::differences(const Condition& left, const Condition& right, const Question& question) const {
  std::vector<double> difference = errors(right, question);
  const std::vector<double> from = errors(left, question);
  if (from.size() != difference.size()) return {};
  for (size_t seed = 0; seed < from.size(); ++seed) difference[seed] -= from[seed];
  return difference;
}

std::optional<lab::Interval> interval_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  return lab::student_mean(values);
}

lab::Point point_at(double x, const std::vector<double>& values) {
  lab::Point point{.x = x, .y = std::reduce(values.begin(), values.end()) / static_cast<double>(values.size()), .n = std::ssize(values)};
  if (const std::optional<lab::Interval> interval = interval_of(values)) {
    point.low = std::max(0.0, interval->low);
    point.high = std::min(1.0, interval->high);
  }
  return point;
}

}  // namespace manabi::study::in_weights
