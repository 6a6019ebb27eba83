// Normal numbers in bulk, for inputs: what a row of a world of labelled vectors costs is drawing these.
#pragma once

#include <span>

#include "base/random.h"

namespace manabi::world {

// Adds sd times a standard normal to each number, independently. One block of random bits serves four numbers, which is several times as fast as
// Rng::normal; uniforms of 32 bits cut the tail at 6.7 sd.
void add_normals(base::Rng& rng, double sd, std::span<float> into);

}  // namespace manabi::world
