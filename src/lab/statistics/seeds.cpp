#include "lab/statistics/seeds.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace manabi::lab {
namespace {

// Step -> value, of one record.
using Curve = std::map<int64_t, double>;

bool is_at(const Coordinates& at, const Coordinates& where) {
  return std::ranges::all_of(where, [&](const auto& entry) {
    const auto found = at.find(entry.first);
    return found != at.end() && found->second == entry.second;
  });
}

Curve curve_of(const CellRecord& record, const Measured& what) {
  Curve curve;
  for (const Row& row : record.rows) {
    if (row.metric != what.metric || !is_at(row.at, what.row)) continue;
    curve[row.at.contains(kStep) ? integer_at(row.at, kStep) : 0] = row.value;
  }
  return curve;
}

std::map<int64_t, Curve> curves_by_seed(const Records& records, const Measured& what) {
  std::map<int64_t, Curve> curves;
  for (const CellRecord* record : select(records, what.cell))
    if (Curve curve = curve_of(*record, what); !curve.empty()) curves[integer_at(record->cell.at, kSeed)] = std::move(curve);
  return curves;
}

std::vector<double> over_seeds(const Records& records, const Measured& what, const std::function<double(const Curve&)>& value_of) {
  std::vector<double> values;
  for (const auto& [seed, curve] : curves_by_seed(records, what)) values.push_back(value_of(curve));
  return values;
}

}  // namespace

std::vector<double> last_values(const Records& records, const Measured& what) {
  return over_seeds(records, what, [](const Curve& curve) { return curve.rbegin()->second; });
}

std::vector<double> least_values(const Records& records, const Measured& what) {
  return over_seeds(records, what, [](const Curve& curve) {
    return std::ranges::min_element(curve, {}, [](const auto& point) { return point.second; })->second;
  });
}

std::vector<double> differences(const std::vector<double>& before, const std::vector<double>& after) {
  if (before.size() != after.size()) return {};
  std::vector<double> result;
  for (size_t seed = 0; seed < before.size(); ++seed) result.push_back(after[seed] - before[seed]);
  return result;
}

std::vector<Coordinates> settings_in(const Records& records) {
  std::set<Coordinates> settings;
  for (const CellRecord& record : records) {
    Coordinates at = record.cell.at;
    at.erase(kSeed);
    settings.insert(std::move(at));
  }
  return {settings.begin(), settings.end()};
}

std::vector<double> complements(std::vector<double> shares) {
  for (double& share : shares) share = 1 - share;
  return shares;
}

std::vector<double> in_points(std::vector<double> shares) {
  for (double& share : shares) share *= 100;
  return shares;
}

std::optional<Interval> interval_over_seeds(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  return student_mean(values);
}

Point point_over_seeds(double x, const std::vector<double>& values, bool is_share) {
  Point point{.x = x, .y = std::reduce(values.begin(), values.end()) / static_cast<double>(values.size()), .n = std::ssize(values)};
  if (const std::optional<Interval> interval = interval_over_seeds(values)) {
    point.low = is_share ? std::max(0.0, interval->low) : interval->low;
    point.high = is_share ? std::min(1.0, interval->high) : interval->high;
  }
  return point;
}

Series series_over_steps(const std::string& name, const Records& records, const Measured& what, bool is_share) {
  std::map<int64_t, std::vector<double>> by_step;
  for (const auto& [seed, curve] : curves_by_seed(records, what))
    for (const auto& [step, value] : curve) by_step[step].push_back(value);
  Series series{.name = name};
  for (const auto& [step, values] : by_step) series.points.push_back(point_over_seeds(static_cast<double>(step), values, is_share));
  return series;
}

}  // namespace manabi::lab
