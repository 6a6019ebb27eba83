#include "learn/theory/online_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr double kLog2 = std::numbers::ln2;

double log_factorial(int64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

// [w_e] proportional to exp(-losses).
std::vector<double> exponential_weights(std::span<const double> losses) {
  const double least = *std::ranges::min_element(losses);
  std::vector<double> weights;
  for (const double loss : losses) weights.push_back(std::exp(least - loss));
  const double sum = std::reduce(weights.begin(), weights.end());
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

AddOneEstimator::AddOneEstimator(int64_t inputs, int64_t labels) : labels_(labels), counts_(static_cast<size_t>(inputs * labels)) {}

int64_t AddOneEstimator::seen(int64_t input) const {
  const auto begin = counts_.begin() + input * labels_;
  return std::reduce(begin, begin + labels_);
}

double AddOneEstimator::probability(int64_t input, int64_t label) const {
  return static_cast<double>(counts_[static_cast<size_t>(input * labels_ + label)] + 1) / static_cast<double>(seen(input) + labels_);
}

void AddOneEstimator::learn(int64_t input, int64_t label) {
  loss_ -= std::log(probability(input, label));
  ++counts_[static_cast<size_t>(input * labels_ + label)];
}

Regret AddOneEstimator::regret() const {
  Regret regret{.value = loss_};
  const int64_t inputs = std::ssize(counts_) / labels_;
  for (int64_t input = 0; input < inputs; ++input) {
    const int64_t rounds = seen(input);
    regret.bound += log_factorial(rounds + labels_ - 1) - log_factorial(rounds) - log_factorial(labels_ - 1);
    for (int64_t label = 0; label < labels_; ++label) {
      const auto count = static_cast<double>(counts_[static_cast<size_t>(input * labels_ + label)]);
      if (count > 0) regret.value += count * std::log(count / static_cast<double>(rounds));
    }
  }
  return regret;
}

double read_context(const OnlineRound& round, double gap, double floor) {
  double right = 0, all = 0;
  for (size_t item = 0; item < round.context.size(); ++item) {
    const double weight = round.context[item] == round.query ? std::exp(gap) : 1;
    all += weight;
    if (round.labels[item] == round.target) right += weight;
  }
  return std::max(floor, all > 0 ? right / all : 0);
}

ContextReaders::ContextReaders(std::vector<double> gaps, double floor) : gaps_(std::move(gaps)), floor_(floor), losses_(gaps_.size()) {}

double ContextReaders::probability(const OnlineRound& round) const {
  const std::vector<double> weights = exponential_weights(losses_);
  double probability = 0;
  for (size_t reader = 0; reader < gaps_.size(); ++reader) probability += weights[reader] * read_context(round, gaps_[reader], floor_);
  return std::min(1.0, probability);  // the weights add up to one but for rounding
}

void ContextReaders::learn(const OnlineRound& round) {
  loss_ -= std::log(probability(round));
  for (size_t reader = 0; reader < gaps_.size(); ++reader) losses_[reader] -= std::log(read_context(round, gaps_[reader], floor_));
}

Regret ContextReaders::regret() const {
  return {.value = loss_ - *std::ranges::min_element(losses_), .bound = std::log(static_cast<double>(gaps_.size()))};
}

RegionGate::RegionGate(int64_t regions, double range) : range_(range), regions_(static_cast<size_t>(regions)) {}

double RegionGate::share_of_weights(int64_t region) const {
  const Region& seen = regions_[static_cast<size_t>(region)];
  const double rate = std::sqrt(8 * kLog2 / static_cast<double>(seen.rounds + 1)) / range_;
  return 1 / (1 + std::exp(rate * (seen.weights_loss - seen.context_loss)));
}

void RegionGate::learn(int64_t region, double weights_loss, double context_loss, double mixture_loss) {
  for (const double loss : {weights_loss, context_loss})
    if (!(loss >= 0 && loss <= range_))
      throw base::Error({.given = fmt::format("a loss of {} nats", loss), .expected = fmt::format("at most the gate's range of {}", range_)});
  Region& seen = regions_[static_cast<size_t>(region)];
  ++seen.rounds;
  seen.weights_loss += weights_loss;
  seen.context_loss += context_loss;
  loss_ += mixture_loss;
}

Regret RegionGate::regret() const {
  Regret regret{.value = loss_};
  for (const Region& seen : regions_) {
    if (seen.rounds == 0) continue;
    regret.value -= std::min(seen.weights_loss, seen.context_loss);
    regret.bound += range_ * (std::sqrt(2 * static_cast<double>(seen.rounds) * kLog2) + std::sqrt(kLog2 / 8));
  }
  return regret;
}

OnlineGate::OnlineGate(const OnlineGateConfig& config)
    : in_weight_(config.inputs, config.labels), in_context_(config.gaps, config.floor), gate_(2 * config.inputs, -std::log(config.floor)) {}

OnlineOutcome OnlineGate::play(const OnlineRound& round) {
  const bool is_shown = std::ranges::find(round.context, round.query) != round.context.end();
  const int64_t region = 2 * round.query + (is_shown ? 1 : 0);

  const double from_weights = in_weight_.probability(round.query, round.target), from_context = in_context_.probability(round);
  const double share = gate_.share_of_weights(region);
  const OnlineOutcome outcome = {.share_of_weights = share,
                                 .mixture_loss = -std::log(share * from_weights + (1 - share) * from_context),
                                 .weights_loss = -std::log(from_weights),
                                 .context_loss = -std::log(from_context)};

  in_weight_.learn(round.query, round.target);
  in_context_.learn(round);
  gate_.learn(region, outcome.weights_loss, outcome.context_loss, outcome.mixture_loss);
  return outcome;
}

double add_one_excess(int64_t labels, double seen) { return std::log1p(static_cast<double>(labels - 1) / (seen + 1)); }

double reader_loss(int64_t pairs, int64_t wrong, double gap, double floor) {
  if (wrong >= pairs) return -std::log(floor);
  return std::log1p(static_cast<double>(wrong) / static_cast<double>(pairs - wrong) * std::exp(-gap));
}

}  // namespace manabi::learn
