#include "model/tuned/tuned_parts.h"

#include <array>

#include "base/error.h"

namespace manabi::model {
namespace {

constexpr std::array<std::string_view, kTunedMatrices> kNames = {"q", "k", "v", "qkv", "o", "gate", "up", "down"};

}  // namespace

std::string_view name_of(TunedMatrix matrix) { return kNames[static_cast<size_t>(matrix)]; }

TunedMatrix tuned_matrix(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<TunedMatrix>(i);
  throw base::Error({.given = "the matrix '" + std::string(name) + "'", .expected = "one of q, k, v, qkv, o, gate, up, down"});
}

}  // namespace manabi::model
