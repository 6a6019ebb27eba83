// What records say of trained networks: a value for each seed, and curves over steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/record.h"
#include "lab/report.h"
#include "lab/statistics/statistics.h"

namespace manabi::lab {

// Coordinates that every study of trained networks uses.
inline constexpr const char* kSeed = "seed";  // of a cell
inline constexpr const char* kStep = "step";  // of a row: how many steps were done

// Rows of one metric in some cells.
struct Measured {
  Coordinates cell;  // of the cells, without the seed
  std::string metric;
  Coordinates row = {};  // of the rows, without the step
};

// One value a seed, in the order of the seeds: the row with the most steps.
std::vector<double> last_values(const Records& records, const Measured& what);
// The same for the smallest value along the steps: an error at its best.
std::vector<double> least_values(const Records& records, const Measured& what);
// after - before, seed by seed; empty when they have not the same number of seeds.
std::vector<double> differences(const std::vector<double>& before, const std::vector<double>& after);

// The settings of the records: their cells' coordinates without the seed, each once, sorted.
std::vector<Coordinates> settings_in(const Records& records);

// 1 minus each share: accuracies from errors.
std::vector<double> complements(std::vector<double> shares);
// Shares as points, 0 to 100.
std::vector<double> in_points(std::vector<double> shares);

// Student's interval, or nothing from fewer than two values.
std::optional<Interval> interval_over_seeds(const std::vector<double>& values);
// The mean at x with its interval where there is one, cut to [0, 1] when the value is a share.
Point point_over_seeds(double x, const std::vector<double>& values, bool is_share = true);
// The mean over seeds at each step.
Series series_over_steps(const std::string& name, const Records& records, const Measured& what, bool is_share = true);

}  // namespace manabi::lab
