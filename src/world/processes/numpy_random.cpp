#include "world/processes/numpy_random.h"

#include <bit>
#include <numeric>
#include <utility>

namespace manabi::world {

double NumpyRandom::uniform() {
  const auto high = static_cast<double>(static_cast<uint32_t>(generator_()) >> 5);
  const auto low = static_cast<double>(static_cast<uint32_t>(generator_()) >> 6);
  return (high * 67'108'864.0 + low) / 9'007'199'254'740'992.0;
}

uint32_t NumpyRandom::at_most(uint32_t most) {
  if (most == 0) return 0;  // nothing is drawn
  const uint32_t mask = ~uint32_t{0} >> std::countl_zero(most);
  uint32_t value = 0;
  do value = static_cast<uint32_t>(generator_()) & mask;
  while (value > most);
  return value;
}

int64_t NumpyRandom::below(int64_t limit) { return at_most(static_cast<uint32_t>(limit - 1)); }

std::vector<int64_t> NumpyRandom::permutation(int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t last = order.size(); last-- > 1;) std::swap(order[last], order[at_most(static_cast<uint32_t>(last))]);
  return order;
}

}  // namespace manabi::world
