#include "world/pairs/normals.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace manabi::world {

namespace {

struct NormalPair {
  float first, second;
};

// Both halves of Box-Muller from 64 bits. The logarithm is a double's: near 1 a float's steps are too coarse for small radii.
NormalPair box_muller(uint64_t bits, double sd) {
  const double uniform = (static_cast<double>(bits >> 32) + 0.5) * 0x1p-32;
  const auto radius = static_cast<float>(sd * std::sqrt(-2 * std::log(uniform)));
  const float angle = static_cast<float>(static_cast<uint32_t>(bits)) * static_cast<float>(2 * std::numbers::pi * 0x1p-32);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

void add_normals(base::Rng& rng, double sd, std::span<float> into) {
  size_t i = 0;
  for (; i + 1 < into.size(); i += 2) {
    const NormalPair normals = box_muller(rng.bits(), sd);
    into[i] += normals.first;
    into[i + 1] += normals.second;
  }
  if (i < into.size()) into[i] += box_muller(rng.bits(), sd).first;
}

}  // namespace manabi::world
