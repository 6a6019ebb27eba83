// What the paper says of size and of K, as tests on networks whose training data are known.
#include <algorithm>
#include <cmath>
#include <utility>

#include "lab/statistics/seeds.h"
#include "study/recognition/scratch/scratch.h"

namespace manabi::study::recognition::scratch {
namespace {

using lab::Claim;
using lab::Direction;
using Values = std::vector<double>;  // one a seed, points

constexpr int64_t kFew = 4;
constexpr double kFlatPoints = 1;     // per doubling of K
constexpr double kLearningRatio = 3;  // ABSTRACT's gain over RANDOM's
constexpr double kGoldPoints = 1;     // GOLD may be below the better of the others by: about a standard error

const char* const kSource = "section 4, by the same design from scratch";

Claim points(std::string id, std::string sentence, std::string measure, Direction direction, double margin = 0) {
  return {.id = "scratch-" + std::move(id),
          .sentence = std::move(sentence),
          .source = kSource,
          .published = "signs and orders only: the networks are ours",
          .measure = std::move(measure),
          .unit = "points",
          .direction = direction,
          .margin = margin};
}

// Sum of weights times values, seed by seed; empty when their seeds differ.
Values combined(const std::vector<std::pair<double, Values>>& terms) {
  Values sum(terms.front().second.size(), 0);
  for (const auto& [weight, values] : terms) {
    if (values.size() != sum.size()) return {};
    for (size_t seed = 0; seed < sum.size(); ++seed) sum[seed] += weight * values[seed];
  }
  return sum;
}

class Seen {
 public:
  explicit Seen(const lab::Records& records) : records_(records) {}

  Values at(const Network& network, const std::string& labels, int64_t shots = kMost, const std::string& symbols = "") const {
    return lab::in_points(accuracies(records_, {.network = network, .labels = labels, .shots = shots, .symbols = symbols}));
  }
  // Least squares over log2 K, K above 0, points per doubling.
  Values slope(const Network& network, const std::string& labels) const {
    std::vector<std::pair<double, Values>> terms;
    double mean = 0, squares = 0;
    std::vector<int64_t> sweep;
    for (const int64_t shots : kSweep)
      if (shots > 0) sweep.push_back(shots);
    for (const int64_t shots : sweep) mean += std::log2(static_cast<double>(shots)) / static_cast<double>(sweep.size());
    for (const int64_t shots : sweep) squares += std::pow(std::log2(static_cast<double>(shots)) - mean, 2);
    for (const int64_t shots : sweep) terms.emplace_back((std::log2(static_cast<double>(shots)) - mean) / squares, at(network, labels, shots));
    return combined(terms);
  }

 private:
  const lab::Records& records_;
};

void decide(Claim& claim, const Values& values) {
  claim.effect = lab::interval_over_seeds(values);
  if (!claim.effect) claim.missing = "two seeds of the networks that it compares";
}

std::vector<Claim> claims_of_network(const Seen& seen, const Network& network) {
  Claim flat = points("random-flat-" + network.size, "Recognition does not grow with demonstrations (" + network.size + ").",
                      network.size + ": slope of RANDOM per doubling of K", Direction::equivalent, kFlatPoints);
  decide(flat, seen.slope(network, "random"));
  Claim gold = points("gold-best-" + network.size, "Gold labels are at least as good as random and as abstract ones (" + network.size + ").",
                      network.size + ": GOLD minus the better of RANDOM and ABSTRACT, K = 32", Direction::above, -kGoldPoints);
  Values better = seen.at(network, "random");
  const Values abstract = seen.at(network, "abstract");
  for (size_t seed = 0; seed < std::min(better.size(), abstract.size()); ++seed) better[seed] = std::max(better[seed], abstract[seed]);
  decide(gold, combined({{1, seen.at(network, "gold")}, {-1, better}}));
  return {flat, gold};
}

std::vector<Claim> claims_over_size(const Seen& seen, const Network& smallest, const Network& largest) {
  const std::string sizes = largest.size + " minus " + smallest.size;
  Claim gains = points("learning-grows-with-size", "Learning grows with the network, at least three times as much as recognition.",
                       "gain of ABSTRACT minus three times the gain of RANDOM, K = 32, " + sizes, Direction::above);
  Claim few = points("recognition-first", "In the smallest network with few demonstrations, recognition is ahead of learning.",
                     smallest.size + ": ABSTRACT minus RANDOM, K = 4", Direction::below);
  Claim many = points("learning-overtakes", "In the largest network with many demonstrations, learning is ahead of recognition.",
                      largest.size + ": ABSTRACT minus RANDOM, K = 32", Direction::above);
  if (smallest.size == largest.size) {
    gains.missing = "a second size (--scratch-sizes)";
  } else {
    decide(gains, combined({{1, seen.at(largest, "abstract")},
                            {-1, seen.at(smallest, "abstract")},
                            {-kLearningRatio, seen.at(largest, "random")},
                            {kLearningRatio, seen.at(smallest, "random")}}));
  }
  decide(few, combined({{1, seen.at(smallest, "abstract", kFew)}, {-1, seen.at(smallest, "random", kFew)}}));
  decide(many, combined({{1, seen.at(largest, "abstract")}, {-1, seen.at(largest, "random")}}));
  return {gains, few, many};
}

std::vector<Claim> claims_of_ablations(const Seen& seen, const Network& largest, const std::optional<Network>& ablated) {
  Claim symbols = points("frequent-symbols-better", "Symbols that training often shows serve better than rare ones.",
                         largest.size + ": ABSTRACT with frequent symbols minus rare ones, K = 32", Direction::above);
  decide(symbols, combined({{1, seen.at(largest, "abstract")}, {-1, seen.at(largest, "abstract", kMost, "rare")}}));
  Claim falls = points("trust-without-random-rows", "A network that never saw random labels trusts them: RANDOM falls with K.",
                       "slope of RANDOM per doubling of K, no random rows in training", Direction::below, -kFlatPoints);
  Claim overtakes = points("learning-overtakes-without-random-rows", "and learning overtakes recognition.",
                           "ABSTRACT minus RANDOM, K = 32, no random rows in training", Direction::above);
  if (!ablated) {
    for (Claim* claim : {&falls, &overtakes}) claim->missing = "a network trained without random rows (--scratch-ablated)";
    return {symbols, falls, overtakes};
  }
  decide(falls, seen.slope(*ablated, "random"));
  decide(overtakes, combined({{1, seen.at(*ablated, "abstract")}, {-1, seen.at(*ablated, "random")}}));
  return {symbols, falls, overtakes};
}

}  // namespace

std::vector<Claim> claims(const lab::Records& records) {
  const Seen seen(records);
  const std::vector<Network> networks = networks_by_size(records);
  if (networks.empty()) return {};
  std::vector<Claim> all;
  for (const Network& network : networks) std::ranges::move(claims_of_network(seen, network), std::back_inserter(all));
  std::ranges::move(claims_over_size(seen, networks.front(), networks.back()), std::back_inserter(all));
  std::ranges::move(claims_of_ablations(seen, networks.back(), ablated_network(records)), std::back_inserter(all));
  return all;
}

}  // namespace manabi::study::recognition::scratch
