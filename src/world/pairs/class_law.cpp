#include "world/pairs/class_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "world/require.h"

namespace manabi::world {

namespace {

bool contains(std::span<const int64_t> classes, int64_t class_index) {
  return std::find(classes.begin(), classes.end(), class_index) != classes.end();
}

std::vector<double> cumulative_weights(int64_t classes, double exponent, MostFrequent most_frequent) {
  if (exponent == 0) return {};
  std::vector<double> cumulative(static_cast<size_t>(classes));
  double total = 0;
  for (int64_t i = 0; i < classes; ++i) {
    const int64_t rank = most_frequent == MostFrequent::first ? i + 1 : classes - i;
    total += std::pow(static_cast<double>(rank), -exponent);
    cumulative[static_cast<size_t>(i)] = total;
  }
  return cumulative;
}

}  // namespace

ClassLaw::ClassLaw(int64_t classes, double exponent, MostFrequent most_frequent) : classes_(classes) {
  require(classes >= 1, {.given = fmt::format("classes = {}", classes), .expected = "at least 1"});
  require(std::isfinite(exponent) && exponent >= 0, {.given = fmt::format("zipf_exponent = {}", exponent), .expected = "0 (uniform) or more"});
  cumulative_ = cumulative_weights(classes, exponent, most_frequent);
}

double ClassLaw::weight(int64_t class_index) const {
  if (cumulative_.empty()) return 1;
  const auto i = static_cast<size_t>(class_index);
  return i == 0 ? cumulative_[0] : cumulative_[i] - cumulative_[i - 1];
}

double ClassLaw::probability(int64_t class_index) const {
  return weight(class_index) / (cumulative_.empty() ? static_cast<double>(classes_) : cumulative_.back());
}

int64_t ClassLaw::draw(base::Rng& rng) const {
  if (cumulative_.empty()) return static_cast<int64_t>(rng.below(static_cast<uint64_t>(classes_)));
  const double target = rng.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, target);
  return found - cumulative_.begin();
}

int64_t ClassLaw::draw_except(base::Rng& rng, std::span<const int64_t> taken) const {
  // Enough for nearly every row; a steep law whose head is taken would draw for ever.
  constexpr int kTries = 32;
  for (int i = 0; i < kTries; ++i) {
    const int64_t drawn = draw(rng);
    if (!contains(taken, drawn)) return drawn;
  }
  return draw_from_the_rest(rng, taken);
}

// The same law as by rejection, in one pass over the classes.
int64_t ClassLaw::draw_from_the_rest(base::Rng& rng, std::span<const int64_t> taken) const {
  double total = 0;
  for (int64_t i = 0; i < classes_; ++i) total += contains(taken, i) ? 0 : weight(i);
  double target = rng.uniform() * total;
  int64_t last = 0;
  for (int64_t i = 0; i < classes_; ++i) {
    if (contains(taken, i)) continue;
    last = i;
    target -= weight(i);
    if (target < 0) break;
  }
  return last;
}

}  // namespace manabi::world
