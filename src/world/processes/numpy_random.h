// The numbers that NumPy's legacy RandomState draws, for data that a published program drew with it.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace manabi::world {

class NumpyRandom {
 public:
  explicit NumpyRandom(uint32_t seed) : generator_(seed) {}

  double uniform();              // rand(): over [0, 1), 53 bits
  int64_t below(int64_t limit);  // randint(limit): masked, what lies above drawn again; limit of 1 to 2^32
  std::vector<int64_t> permutation(int64_t count);

 private:
  uint32_t at_most(uint32_t most);

  std::mt19937 generator_;  // seeded as RandomState seeds from one integer
};

}  // namespace manabi::world
