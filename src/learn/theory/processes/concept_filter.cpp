#include "learn/theory/processes/concept_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

// Keeps the states that name the token and gives their probability; the rest is scaled to sum to 1.
double condition(const world::Ginc& process, int64_t token, std::vector<double>& mass) {
  double sum = 0;
  for (size_t state = 0; state < mass.size(); ++state)
    sum += process.symbol_of(static_cast<int64_t>(state)) == token ? mass[state] : mass[state] = 0;
  if (sum > 0)
    for (double& value : mass) value /= sum;
  return sum;
}

// Weights exp(log_weight), scaled to sum to 1.
std::vector<double> normalised(std::span<const double> log_weights) {
  const double largest = *std::ranges::max_element(log_weights);
  std::vector<double> weights(log_weights.begin(), log_weights.end());
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (double& weight : weights) weight /= sum;
  return weights;
}

void add_symbols(const world::Ginc& process, std::span<const double> mass, double weight, std::span<double> probabilities) {
  for (size_t state = 0; state < mass.size(); ++state)
    probabilities[static_cast<size_t>(process.symbol_of(static_cast<int64_t>(state)))] += weight * mass[state];
}

}  // namespace

ConceptFilter::ConceptFilter(const world::Ginc& process, int64_t concepts, double tolerance)
    : process_(process), tolerance_(tolerance), log_likelihoods_(static_cast<size_t>(concepts)) {
  if (!(tolerance >= 0 && tolerance <= 1) || concepts < 1 || concepts > process.config().concepts)
    throw base::Error({.where = "concept filter",
                       .given = fmt::format("{} concepts, tolerance {}", concepts, tolerance),
                       .expected = fmt::format("1 to {} concepts and a tolerance of 0 to 1", process.config().concepts)});
  for (int64_t i = 0; i < concepts; ++i) expected_.emplace_back(process.start(i).begin(), process.start(i).end());
}

void ConceptFilter::observe(int64_t token) {
  std::vector<double> next(static_cast<size_t>(process_.states()));
  const double anywhere = tolerance_ / static_cast<double>(process_.states());
  for (size_t i = 0; i < expected_.size(); ++i) {
    if (log_likelihoods_[i] == kImpossible) continue;
    log_likelihoods_[i] += std::log(condition(process_, token, expected_[i]));
    process_.step(static_cast<int64_t>(i), expected_[i], next);
    for (size_t state = 0; state < next.size(); ++state) expected_[i][state] = (1 - tolerance_) * next[state] + anywhere;
  }
  ++read_;
  require_possible();
}

bool ConceptFilter::is_impossible() const {
  return std::ranges::all_of(log_likelihoods_, [](double value) { return value == kImpossible; });
}

void ConceptFilter::require_possible() const {
  if (is_impossible())
    throw base::Error(
        {.where = "exact Bayes",
         .given = fmt::format("a text whose first {} tokens have no probability under any of {} concepts", read_, expected_.size()),
         .expected = "a text that the process can have made",
         .hint = "allow for breaks with a tolerance above 0"});
}

std::vector<double> ConceptFilter::posterior() const {
  require_possible();
  return normalised(log_likelihoods_);
}

std::vector<double> ConceptFilter::next() const {
  const std::vector<double> weights = posterior();
  std::vector<double> probabilities(static_cast<size_t>(process_.config().symbols));
  for (size_t i = 0; i < weights.size(); ++i) add_symbols(process_, expected_[i], weights[i], probabilities);
  return probabilities;
}

double ConceptFilter::log_likelihood() const {
  const double largest = *std::ranges::max_element(log_likelihoods_);
  double sum = 0;
  for (const double value : log_likelihoods_) sum += std::exp(value - largest);
  return largest + std::log(sum / static_cast<double>(log_likelihoods_.size()));
}

std::vector<double> next_token(const world::Ginc& process, double tolerance, std::span<const int64_t> tokens) {
  ConceptFilter filter(process, process.config().known, tolerance);
  for (const int64_t token : tokens) filter.observe(token);
  return filter.next();
}

double document_loss(const world::Ginc& process, double tolerance, std::span<const int64_t> tokens) {
  ConceptFilter filter(process, process.config().known, tolerance);
  filter.observe(tokens.front());
  const double of_first = filter.log_likelihood();
  for (const int64_t token : tokens.subspan(1)) filter.observe(token);
  return (of_first - filter.log_likelihood()) / static_cast<double>(tokens.size() - 1);
}

std::vector<double> next_token_of_prompt(const world::Ginc& process, const world::GincPrompt& prompt) {
  const world::GincConfig& config = process.config();
  const auto states = static_cast<size_t>(process.states());
  std::vector<double> log_weights;
  std::vector<std::vector<double>> expected;
  std::vector<double> next(states);
  for (int64_t i = 0; i < config.known; ++i)
    for (int64_t property = 1; property < config.properties; ++property) {
      double log_weight = 0;
      std::vector<double> mass;
      // Reads one example from its start; `mass` is then what is expected of the token after it.
      const auto read = [&](std::span<const int64_t> tokens) {
        mass.assign(states, 0);
        for (int64_t entity = 0; entity < config.entities; ++entity)
          mass[static_cast<size_t>(entity * config.properties + property)] = 1 / static_cast<double>(config.entities);
        for (const int64_t token : tokens) {
          log_weight += std::log(condition(process, token, mass));
          if (log_weight == kImpossible) return;
          process.step(i, mass, next);
          mass = next;
        }
      };
      for (const std::vector<int64_t>& example : prompt.examples)
        if (log_weight != kImpossible) read(example);
      if (log_weight != kImpossible) read(prompt.query);
      log_weights.push_back(log_weight);
      expected.push_back(std::move(mass));
    }
  if (std::ranges::all_of(log_weights, [](double value) { return value == kImpossible; }))
    throw base::Error({.where = "exact Bayes for prompts",
                       .given = "examples that have no probability under any known concept and start property",
                       .expected = "a prompt from a known concept"});
  const std::vector<double> weights = normalised(log_weights);
  std::vector<double> probabilities(static_cast<size_t>(config.symbols));
  for (size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) add_symbols(process, expected[i], weights[i], probabilities);
  return probabilities;
}

double divergence(std::span<const double> probabilities, std::span<const double> log_other) {
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i)
    if (probabilities[i] > 0) sum += probabilities[i] * (std::log(probabilities[i]) - log_other[i]);
  return sum;
}

}  // namespace manabi::learn
