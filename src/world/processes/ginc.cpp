#include "world/processes/ginc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "world/processes/numpy_random.h"
#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kWhere = "GINC";
constexpr uint32_t kEntitySeed = 1114;  // of the entities' matrix, whatever the seed of the rest

void check_least(const char* name, int64_t value, int64_t least) {
  require(value >= least, {.where = kWhere, .given = fmt::format("{} = {}", name, value), .expected = fmt::format("at least {}", least)});
}

const GincConfig& checked(const GincConfig& config) {
  check_least("entities", config.entities, 1);
  check_least("properties", config.properties, 2);
  check_least("symbols", config.symbols, 2);
  check_least("known", config.known, 1);
  require(config.known <= config.concepts, {.where = kWhere,
                                            .given = fmt::format("known = {}, concepts = {}", config.known, config.concepts),
                                            .expected = "no more known concepts than concepts"});
  require(config.transition_temperature > 0 && config.start_temperature > 0,
          {.where = kWhere,
           .given = fmt::format("temperatures {} and {}", config.transition_temperature, config.start_temperature),
           .expected = "positive numbers"});
  require(is_share(config.persistence) && is_share(config.jump),
          {.where = kWhere, .given = fmt::format("persistence = {}, jump = {}", config.persistence, config.jump), .expected = "0 to 1"});
  return config;
}

// softmax((u - 1/2) / temperature) of uniform u.
std::vector<double> random_weights(NumpyRandom& random, int64_t count, double temperature) {
  std::vector<double> weights(static_cast<size_t>(count));
  for (double& weight : weights) weight = (random.uniform() - 0.5) / temperature;
  const double largest = *std::ranges::max_element(weights);
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (double& weight : weights) weight /= sum;
  return weights;
}

// A blend of as many permutations as there are rows: doubly stochastic.
std::vector<double> blended_permutations(NumpyRandom& random, int64_t count, double temperature) {
  const std::vector<double> weights = random_weights(random, count, temperature);
  const auto size = static_cast<size_t>(count);
  std::vector<double> matrix(size * size);
  for (const double weight : weights) {
    const std::vector<int64_t> order = random.permutation(count);
    for (size_t row = 0; row < size; ++row) matrix[row * size + static_cast<size_t>(order[row])] += weight;
  }
  return matrix;
}

int64_t drawn(std::span<const double> probabilities, base::Rng& rng) {
  double left = rng.uniform();
  for (size_t i = 0; i + 1 < probabilities.size(); ++i)
    if ((left -= probabilities[i]) < 0) return static_cast<int64_t>(i);
  return std::ssize(probabilities) - 1;
}

}  // namespace

Ginc::Ginc(const GincConfig& config) : config_(checked(config)) {
  NumpyRandom random(config.seed);
  for (int64_t state = 0; state < states(); ++state) memory_.push_back(1 + random.below(config.symbols - 1));
  for (int64_t entity = 0; entity < config.entities; ++entity) memory_[static_cast<size_t>(entity * config.properties)] = 0;
  for (int64_t i = 0; i < config.concepts; ++i) {
    std::ranges::copy(random_weights(random, states(), config.start_temperature), std::back_inserter(starts_));
    std::ranges::copy(blended_permutations(random, config.properties, config.transition_temperature), std::back_inserter(properties_));
  }
  NumpyRandom of_entities(kEntitySeed);
  entities_ = blended_permutations(of_entities, config.entities, config.transition_temperature);
  for (double& probability : entities_) probability *= 1 - config.persistence;
  for (int64_t entity = 0; entity < config.entities; ++entity)
    entities_[static_cast<size_t>(entity * (config.entities + 1))] += config.persistence;
}

std::span<const double> Ginc::start(int64_t concept_index) const {
  return std::span(starts_).subspan(static_cast<size_t>(concept_index * states()), static_cast<size_t>(states()));
}

std::span<const double> Ginc::properties(int64_t concept_index) const {
  const auto size = static_cast<size_t>(config_.properties * config_.properties);
  return std::span(properties_).subspan(static_cast<size_t>(concept_index) * size, size);
}

void Ginc::step(int64_t concept_index, std::span<const double> from, std::span<double> into) const {
  const auto entities = static_cast<size_t>(config_.entities), count = static_cast<size_t>(config_.properties);
  const std::span<const double> matrix = properties(concept_index);
  std::vector<double> moved(entities * count);
  for (size_t entity = 0; entity < entities; ++entity)
    for (size_t property = 0; property < count; ++property) {
      const double mass = from[entity * count + property];
      if (mass == 0) continue;
      for (size_t next = 0; next < count; ++next) moved[entity * count + next] += mass * matrix[property * count + next];
    }
  std::ranges::fill(into, 0.0);
  for (size_t entity = 0; entity < entities; ++entity)
    for (size_t next = 0; next < entities; ++next) {
      const double share = entities_[entity * entities + next];
      if (share == 0) continue;
      for (size_t property = 0; property < count; ++property) into[next * count + property] += share * moved[entity * count + property];
    }
}

int64_t Ginc::first_state(int64_t concept_index, base::Rng& rng) const { return drawn(start(concept_index), rng); }

int64_t Ginc::next_state(int64_t concept_index, int64_t state, base::Rng& rng) const {
  if (config_.jump > 0 && rng.uniform() < config_.jump) return static_cast<int64_t>(rng.below(static_cast<uint64_t>(states())));
  return next_without_jump(concept_index, state, rng);
}

int64_t Ginc::next_without_jump(int64_t concept_index, int64_t state, base::Rng& rng) const {
  const auto row = [](std::span<const double> matrix, int64_t size, int64_t index) {
    return matrix.subspan(static_cast<size_t>(index * size), static_cast<size_t>(size));
  };
  const int64_t entity = drawn(row(entities_, config_.entities, state / config_.properties), rng);
  const int64_t property = drawn(row(properties(concept_index), config_.properties, state % config_.properties), rng);
  return entity * config_.properties + property;
}

std::string Ginc::word_of(int64_t symbol) {
  constexpr int64_t kLetters = 25;
  if (symbol == 0) return "/";
  std::string word;
  for (int64_t left = symbol; left > 0; left = (left - 1) / kLetters) word.insert(word.begin(), static_cast<char>('a' + (left - 1) % kLetters));
  return word;
}

}  // namespace manabi::world
