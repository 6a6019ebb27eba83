#include "model/sites/taps.h"

#include <algorithm>

namespace manabi::model {

bool Taps::any_in(int64_t layer) const {
  return std::ranges::any_of(taps_, [&](const auto& tap) { return tap.first.layer == layer && has_layer(tap.first.kind); });
}

void Taps::show(const Site& site, const Sighting& sighting) const {
  const auto [begin, end] = taps_.equal_range(site);
  for (auto tap = begin; tap != end; ++tap) tap->second(sighting);
}

}  // namespace manabi::model
