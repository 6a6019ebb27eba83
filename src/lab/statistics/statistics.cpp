#include "lab/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace manabi::lab {
namespace {

constexpr double kUpper = 0.975;

// Numbers things 0, 1, ... in ascending order, so that nothing depends on the order in which observations come.
template <class Name>
class Index {
 public:
  void add(Name name) { places_.emplace(name, 0); }
  void number() {
    size_t next = 0;
    for (auto& [name, place] : places_) place = next++;
  }
  size_t of(Name name) const { return places_.at(name); }
  size_t size() const { return places_.size(); }

 private:
  std::map<Name, size_t> places_;
};

struct SumAndCount {
  double sum = 0;
  int64_t count = 0;

  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

// One stratum of all quantities: who was observed where.
struct Layout {
  Index<int64_t> draws;
  Index<std::string_view> items;
  std::vector<std::span<const Observation>> quantities;
  std::vector<double> means;  // one a quantity
};

Layout layout_of(std::span<const std::vector<Stratum>> strata_of, size_t stratum) {
  Layout layout;
  for (const std::vector<Stratum>& strata : strata_of) {
    SumAndCount total;
    for (const Observation& observation : strata[stratum]) {
      layout.draws.add(observation.draw);
      layout.items.add(observation.item);
      total.sum += observation.value;
      ++total.count;
    }
    layout.quantities.emplace_back(strata[stratum]);
    layout.means.push_back(total.mean());
  }
  layout.draws.number();
  layout.items.number();
  return layout;
}

// A variance and the degrees of freedom of its estimate, as the pieces of Satterthwaite's formula: df = variance^2 / sum of (part^2 / its df).
struct Variance {
  double value = 0;
  double squares_over_df = 0;

  void add(double part, double degrees_of_freedom) {
    value += part;
    squares_over_df += part * part / degrees_of_freedom;
  }
  double degrees_of_freedom() const { return value * value / squares_over_df; }
};

double sum_of_squares(std::span<const double> values) { return std::inner_product(values.begin(), values.end(), values.begin(), 0.0); }

// The three sums of the formula in the header: over draws, over items, over (draw, item) pairs; all quantities of one pair taken together.
struct InfluenceSquares {
  double draws = 0, items = 0, pairs = 0;
};

InfluenceSquares influence_squares(const Layout& layout, std::span<const double> weights) {
  std::vector<double> of_draw(layout.draws.size()), of_item(layout.items.size());
  std::vector<std::pair<size_t, double>> of_pair;
  for (size_t k = 0; k < layout.quantities.size(); ++k) {
    if (layout.quantities[k].empty()) continue;
    const double scale = weights[k] / static_cast<double>(layout.quantities[k].size());
    for (const Observation& observation : layout.quantities[k]) {
      const double influence = scale * (observation.value - layout.means[k]);
      const size_t draw = layout.draws.of(observation.draw), item = layout.items.of(observation.item);
      of_draw[draw] += influence;
      of_item[item] += influence;
      of_pair.emplace_back(draw * layout.items.size() + item, influence);
    }
  }
  std::ranges::sort(of_pair);
  double pairs = 0;
  for (size_t i = 0; i < of_pair.size();) {
    double sum = 0;
    for (const size_t pair = of_pair[i].first; i < of_pair.size() && of_pair[i].first == pair; ++i) sum += of_pair[i].second;
    pairs += sum * sum;
  }
  return {.draws = sum_of_squares(of_draw), .items = sum_of_squares(of_item), .pairs = pairs};
}

// With one draw only items can vary, and the other way round. What items add to draws (the products of one item's influences in different
// draws) falls below zero by chance where items do not matter.
Variance variance_of(const Layout& layout, std::span<const double> weights) {
  const double draws = static_cast<double>(layout.draws.size()), items = static_cast<double>(layout.items.size());
  const InfluenceSquares squares = influence_squares(layout, weights);
  Variance variance;
  if (draws == 1 && items == 1) {
    variance.value = std::numeric_limits<double>::infinity();
  } else if (draws == 1) {
    variance.add(items / (items - 1) * squares.pairs, items - 1);
  } else if (items == 1) {
    variance.add(draws / (draws - 1) * squares.pairs, draws - 1);
  } else {
    const double correction = draws / (draws - 1) * items / (items - 1);
    variance.add(correction * squares.draws, draws - 1);
    variance.add(correction * std::max(0.0, squares.items - squares.pairs), items - 1);
  }
  return variance;
}

// What is resampled: draws with all that was observed in them, or items where there is only one draw.
class Units {
 public:
  explicit Units(const Layout& layout)
      : size_(layout.draws.size() > 1 ? layout.draws.size() : layout.items.size()),
        quantities_(layout.quantities.size()),
        sums_(size_ * quantities_),
        means_(layout.means) {
    const bool is_by_draw = layout.draws.size() > 1;
    for (size_t k = 0; k < quantities_; ++k) {
      for (const Observation& observation : layout.quantities[k]) {
        const size_t unit = is_by_draw ? layout.draws.of(observation.draw) : layout.items.of(observation.item);
        SumAndCount& sum = sums_[unit * quantities_ + k];
        sum.sum += observation.value;
        ++sum.count;
      }
    }
  }

  // The combination's deviation from its estimate in one resample. A quantity that no drawn unit has keeps its own mean.
  double resampled_deviation(std::span<const double> weights, base::Rng& rng) const {
    std::vector<SumAndCount> drawn(quantities_);
    for (size_t pick = 0; pick < size_; ++pick) {
      const SumAndCount* unit = &sums_[rng.below(size_) * quantities_];
      for (size_t k = 0; k < quantities_; ++k) {
        drawn[k].sum += unit[k].sum;
        drawn[k].count += unit[k].count;
      }
    }
    double deviation = 0;
    for (size_t k = 0; k < quantities_; ++k) {
      if (drawn[k].count > 0) deviation += weights[k] * (drawn[k].mean() - means_[k]);
    }
    return deviation;
  }

 private:
  size_t size_, quantities_;
  std::vector<SumAndCount> sums_;  // [units, quantities]
  std::vector<double> means_;
};

double percentile(std::vector<double>& values, double share) {
  const double position = share * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(position);
  std::ranges::nth_element(values, below);
  const double lower = *below;
  const double upper = below + 1 == values.end() ? lower : *std::min_element(below + 1, values.end());
  return lower + (position - std::floor(position)) * (upper - lower);
}

// The part of the interval that lies below the estimate, from the 2.5th and 97.5th percentiles of the resamples.
double share_below(std::span<const Layout> layouts, std::span<const double> weights, int64_t resamples, uint64_t seed) {
  std::vector<double> deviations(static_cast<size_t>(resamples));
  for (size_t stratum = 0; stratum < layouts.size(); ++stratum) {
    const Units units(layouts[stratum]);
    base::Rng rng = base::Rng(seed).child(stratum);
    for (double& deviation : deviations) deviation += units.resampled_deviation(weights, rng);
  }
  const double below = std::max(0.0, -percentile(deviations, 1 - kUpper));
  const double above = std::max(0.0, percentile(deviations, kUpper));
  return below + above > 0 ? below / (below + above) : 0.5;
}

void check_observations(std::span<const std::vector<Stratum>> strata_of) {
  const auto refuse = [](const std::string& given, const std::string& expected) {
    throw base::Error({.where = "interval", .given = given, .expected = expected, .hint = "measure the missing cells first"});
  };
  if (strata_of.empty() || strata_of.front().empty()) refuse("no strata", "at least one");
  std::vector<bool> is_seen(strata_of.front().size());
  for (const std::vector<Stratum>& strata : strata_of) {
    if (strata.size() != is_seen.size()) throw std::logic_error("every quantity of a combination needs the same strata");
    if (std::ranges::all_of(strata, &Stratum::empty)) refuse("a quantity without observations", "one observation or more of each");
    for (size_t stratum = 0; stratum < strata.size(); ++stratum) {
      if (!strata[stratum].empty()) is_seen[stratum] = true;
      for (const Observation& observation : strata[stratum]) {
        if (!std::isfinite(observation.value)) refuse("item '" + observation.item + "' has a value that is not finite", "finite values");
      }
    }
  }
  if (std::ranges::find(is_seen, false) != is_seen.end()) refuse("a stratum without observations", "one observation or more in each");
}

// The weight of each quantity's observations in one of its strata: a quantity is the plain mean over the strata in which it was observed.
std::vector<double> stratum_weights(std::span<const std::vector<Stratum>> strata_of, std::span<const double> weights) {
  std::vector<double> shares(weights.begin(), weights.end());
  for (size_t k = 0; k < shares.size(); ++k) {
    shares[k] /= static_cast<double>(std::ranges::count_if(strata_of[k], [](const Stratum& stratum) { return !stratum.empty(); }));
  }
  return shares;
}

int64_t distinct_items(std::span<const Layout> layouts) {
  return std::accumulate(layouts.begin(), layouts.end(), int64_t{0},
                         [](int64_t sum, const Layout& layout) { return sum + static_cast<int64_t>(layout.items.size()); });
}

int64_t fewest_draws(std::span<const Layout> layouts) {
  const auto fewest = std::ranges::min_element(layouts, {}, [](const Layout& layout) { return layout.draws.size(); });
  return static_cast<int64_t>(fewest->draws.size());
}

bool are_shares(std::span<const Stratum> strata) {
  return std::ranges::all_of(strata, [](const Stratum& stratum) {
    return std::ranges::all_of(stratum, [](const Observation& observation) { return observation.value == 0 || observation.value == 1; });
  });
}

}  // namespace

std::vector<Observation> accuracies(const CellRecord& record) {
  std::vector<Observation> observations;
  for (const ScoredItem& item : record.items) observations.push_back({item.id, item.draw, item.is_right() ? 1.0 : 0.0});
  return observations;
}

std::vector<Observation> paired_differences(std::span<const Observation> left, std::span<const Observation> right) {
  using Pair = std::pair<std::string_view, int64_t>;
  const auto pair_of = [](const Observation& observation) { return Pair(observation.item, observation.draw); };
  std::map<Pair, double> subtrahends;
  for (const Observation& observation : right) {
    if (!subtrahends.emplace(pair_of(observation), observation.value).second) {
      throw std::logic_error("paired_differences: item '" + observation.item + "' occurs twice in one draw");
    }
  }
  std::set<Pair> seen;
  std::vector<Observation> differences;
  for (const Observation& observation : left) {
    if (!seen.insert(pair_of(observation)).second) {
      throw std::logic_error("paired_differences: item '" + observation.item + "' occurs twice in one draw");
    }
    const auto subtrahend = subtrahends.find(pair_of(observation));
    if (subtrahend != subtrahends.end()) differences.push_back({observation.item, observation.draw, observation.value - subtrahend->second});
  }
  return differences;
}

Interval bootstrap_combination(std::span<const std::vector<Stratum>> strata_of, std::span<const double> weights, int64_t resamples,
                               uint64_t seed) {
  if (weights.size() != strata_of.size()) throw std::logic_error("a combination needs one weight a quantity");
  if (resamples < 1) throw std::logic_error("a bootstrap needs at least one resample");
  check_observations(strata_of);
  const size_t strata = strata_of.front().size();
  const std::vector<double> shares = stratum_weights(strata_of, weights);

  std::vector<Layout> layouts;
  double value = 0;
  Variance variance;
  for (size_t stratum = 0; stratum < strata; ++stratum) {
    const Layout& layout = layouts.emplace_back(layout_of(strata_of, stratum));
    value += std::inner_product(shares.begin(), shares.end(), layout.means.begin(), 0.0);
    const Variance own = variance_of(layout, shares);
    variance.value += own.value;
    variance.squares_over_df += own.squares_over_df;
  }

  Interval interval{.value = value, .low = value, .high = value, .items = distinct_items(layouts), .draws = fewest_draws(layouts)};
  if (std::isinf(variance.value)) {
    interval.low = -std::numeric_limits<double>::infinity();
    interval.high = std::numeric_limits<double>::infinity();
  } else if (variance.value > 0) {
    const double width = 2 * student_quantile(kUpper, variance.degrees_of_freedom()) * std::sqrt(variance.value);
    const double below = share_below(layouts, shares, resamples, seed);
    interval.low = value - width * below;
    interval.high = value + width * (1 - below);
  }
  return interval;
}

Interval bootstrap_mean(std::span<const Stratum> strata, int64_t resamples, uint64_t seed) {
  const std::vector<std::vector<Stratum>> one_quantity = {{strata.begin(), strata.end()}};
  const double weight = 1;
  Interval interval = bootstrap_combination(one_quantity, {&weight, 1}, resamples, seed);
  if (are_shares(strata) && std::isfinite(interval.low)) {
    interval.low = std::clamp(interval.low, 0.0, 1.0);
    interval.high = std::clamp(interval.high, 0.0, 1.0);
  }
  return interval;
}

}  // namespace manabi::lab
