// What the classes of a bursty world look like: a prototype each, and inputs scattered around it. Made once and shared by the training world and
// its evaluations, which must speak of the same classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace manabi::world {

// gaussian: every entry of a prototype is N(0, 1); unit_length: the same, divided by its length.
enum class Prototypes { gaussian, unit_length };

struct ClassInputsConfig {
  int64_t classes = 1600;    // that training draws from
  int64_t holdout = 0;       // further classes, which only evaluations draw
  int64_t input_width = 64;  // I
  int64_t exemplars = 0;     // fixed inputs of a class, one of which is shown each time; 0: every showing has fresh noise
  double noise = 0.1;        // sd of every entry around the prototype's
  Prototypes prototypes = Prototypes::gaussian;
  uint64_t seed = 0;
};

class ClassInputs {
 public:
  // Computes every prototype and fixed exemplar: floats for (classes + holdout) * (exemplars + 1) inputs, about 15 ns a number. What a class
  // looks like does not depend on how many there are. Throws base::Error for counts, widths or a noise that cannot be.
  explicit ClassInputs(ClassInputsConfig config);

  const ClassInputsConfig& config() const { return config_; }
  int64_t count() const { return config_.classes + config_.holdout; }  // the holdout classes come last
  std::span<const float> prototype(int64_t class_index) const;         // [I]

  // One input of the class, `into` [I]: a uniformly drawn exemplar, or the prototype under fresh noise.
  void draw(int64_t class_index, base::Rng& rng, std::span<float> into) const;

 private:
  ClassInputsConfig config_;
  std::vector<float> prototypes_;  // [classes + holdout, I]
  std::vector<float> exemplars_;   // [classes + holdout, exemplars, I]
};

}  // namespace manabi::world
