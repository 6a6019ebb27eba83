#include "world/few_shot/demonstration_choice.h"

#include <algorithm>
#include <set>

namespace manabi::world {

namespace {

// Counts that sum to `total`, differ by at most one and lie nowhere below `counts`.
std::vector<int64_t> raise_to(int64_t total, const std::vector<int64_t>& counts, base::Rng& rng) {
  const auto classes = static_cast<int64_t>(counts.size());
  const int64_t share = total / classes;
  std::vector<int64_t> order = rng.permutation(classes);
  std::stable_partition(order.begin(), order.end(), [&](int64_t label) { return counts[static_cast<size_t>(label)] > share; });
  std::vector<int64_t> raised(counts.size(), share);
  for (int64_t i = 0; i < total % classes; ++i) ++raised[static_cast<size_t>(order[static_cast<size_t>(i)])];
  return raised;
}

}  // namespace

std::vector<int64_t> ladder_steps(std::span<const int64_t> ladder) {
  std::set<int64_t> steps(ladder.begin(), ladder.end());
  steps.erase(0);
  return {steps.begin(), steps.end()};
}

std::vector<int64_t> balanced_classes(int64_t classes, std::span<const int64_t> steps, base::Rng rng) {
  std::vector<int64_t> order;
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  for (const int64_t shots : steps) {
    const std::vector<int64_t> raised = raise_to(shots, counts, rng);
    std::vector<int64_t> added;
    for (size_t label = 0; label < counts.size(); ++label) {
      added.insert(added.end(), static_cast<size_t>(raised[label] - counts[label]), static_cast<int64_t>(label));
    }
    rng.shuffle(std::span<int64_t>(added));
    order.insert(order.end(), added.begin(), added.end());
    counts = raised;
  }
  return order;
}

std::vector<int64_t> rows_of_classes(std::span<const int64_t> classes, const ClassPools& pools, base::Rng rng) {
  std::vector<int64_t> rows;
  std::set<int64_t> taken;
  // K is small beside a pool, so that a row is seldom drawn twice.
  while (rows.size() < classes.size()) {
    const std::vector<int64_t>& pool = pools[static_cast<size_t>(classes[rows.size()])];
    const int64_t row = pool[rng.below(pool.size())];
    if (taken.insert(row).second) rows.push_back(row);
  }
  return rows;
}

}  // namespace manabi::world
