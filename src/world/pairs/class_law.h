// Which class comes next: Zipf's law over ranks, P(rank r) proportional to r^-exponent. Exponent 0 is uniform.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace manabi::world {

// Where rank 1 is: Chan et al. (2022) put the common classes at the end of the list, Reddy (2023) numbers them from the most frequent on.
enum class MostFrequent { first, last };

class ClassLaw {
 public:
  // Throws base::Error for a negative or infinite exponent, or without a class.
  ClassLaw(int64_t classes, double exponent, MostFrequent most_frequent);

  int64_t classes() const { return classes_; }
  double probability(int64_t class_index) const;

  int64_t draw(base::Rng& rng) const;
  // Given that it is none of `taken`, which may hold a class twice but must leave one.
  int64_t draw_except(base::Rng& rng, std::span<const int64_t> taken) const;

 private:
  double weight(int64_t class_index) const;
  int64_t draw_from_the_rest(base::Rng& rng, std::span<const int64_t> taken) const;

  int64_t classes_;
  std::vector<double> cumulative_;  // [C]: weights of classes 0 to c; empty when they are equal
};

}  // namespace manabi::world
