// How a world refuses a configuration.
#pragma once

#include <utility>

#include "base/error.h"

namespace manabi::world {

// Throws base::Error with `fault` unless `holds`.
inline void require(bool holds, base::Fault fault) {
  if (!holds) throw base::Error(std::move(fault));
}

inline bool is_share(double value) { return value >= 0 && value <= 1; }

}  // namespace manabi::world
