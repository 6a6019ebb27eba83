// GINC, the generative in-context learning data set (Xie, Raghunathan, Liang and Ma 2022, appendix F, as the published program draws it): a
// mixture of hidden Markov models, its concepts. A hidden state is an entity and a property; the pair names a symbol; entities change slowly and
// alike in all concepts, properties as the concept says. Property 0 of every entity is the delimiter, symbol 0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"

namespace manabi::world {

struct GincConfig {
  int64_t entities = 10;
  int64_t properties = 10;
  int64_t symbols = 50;  // the delimiter among them
  int64_t concepts = 10;
  int64_t known = 5;  // the first of them: what documents are made of
  double transition_temperature = 0.1;
  double start_temperature = 10;
  double persistence = 0.9;  // how much of the entities' matrix is the identity
  double jump = 0;           // the probability that the next state is any, uniformly; 0 in the published data
  uint32_t seed = 1111;

  bool operator==(const GincConfig&) const = default;
};

class Ginc {
 public:
  // Throws base::Error for numbers that do not fit together.
  explicit Ginc(const GincConfig& config);

  const GincConfig& config() const { return config_; }
  int64_t states() const { return config_.entities * config_.properties; }

  // State h is entity h / properties with property h % properties.
  int64_t symbol_of(int64_t state) const { return memory_[static_cast<size_t>(state)]; }
  std::span<const double> start(int64_t concept_index) const;       // [states]
  std::span<const double> properties(int64_t concept_index) const;  // [properties, properties]: A, rows sum to 1
  std::span<const double> entities() const { return entities_; }    // [entities, entities], of all concepts
  // One step of a distribution over states, without jumps: `from` and `into` [states]. In the Kronecker form, entities (from) properties.
  void step(int64_t concept_index, std::span<const double> from, std::span<double> into) const;

  int64_t first_state(int64_t concept_index, base::Rng& rng) const;
  int64_t next_state(int64_t concept_index, int64_t state, base::Rng& rng) const;         // jumps included
  int64_t next_without_jump(int64_t concept_index, int64_t state, base::Rng& rng) const;  // as the concept says

  // What the published data call the symbols: "/", a to y, then pairs of these letters from "aa" on.
  static std::string word_of(int64_t symbol);

 private:
  GincConfig config_;
  std::vector<int64_t> memory_;     // [states]
  std::vector<double> starts_;      // [concepts, states]
  std::vector<double> properties_;  // [concepts, properties, properties]
  std::vector<double> entities_;
};

}  // namespace manabi::world
