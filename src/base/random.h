// Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011). A draw is a pure function of (seed, stream, counter): no stored state
// is needed to resume, and two streams with different names never share numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace manabi::base {

class Rng {
 public:
  explicit Rng(uint64_t seed) : key_(seed) {}

  // An independent stream for one purpose or index. Pure: asking twice gives the same stream, from its start.
  Rng child(std::string_view purpose) const;
  Rng child(uint64_t index) const;

  uint64_t bits();                 // 64 uniform bits
  uint64_t below(uint64_t limit);  // uniform over [0, limit), without modulo bias; limit > 0
  double uniform();                // uniform over [0, 1), 53 bits
  double normal();                 // standard normal (Box-Muller)
  // Adds `deviation` times a standard normal to each number: two from 64 bits, several times as fast as normal(). Cut off at 6.7 deviations.
  void add_normals(double deviation, std::span<float> into);
  // Uniform over [low, high), 24 bits each: four from a block, many blocks at once. Begins at a block's start, whatever was drawn before.
  void fill_uniforms(float low, float high, std::span<float> into);

  template <class T>
  void shuffle(std::span<T> values) {
    for (size_t last = values.size(); last > 1; --last) std::swap(values[last - 1], values[below(last)]);
  }

  // A uniformly random permutation of 0 .. count-1.
  std::vector<int64_t> permutation(int64_t count);

 private:
  Rng(uint64_t key, uint64_t stream) : key_(key), stream_(stream) {}
  Rng derived(uint64_t domain, uint64_t value) const;

  uint64_t key_;
  uint64_t stream_ = 0;
  uint64_t counter_ = 0;
  uint64_t spare_ = 0;  // the second half of the last Philox block, while has_spare_
  bool has_spare_ = false;
};

}  // namespace manabi::base
