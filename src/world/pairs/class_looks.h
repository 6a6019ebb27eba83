// What the inputs of a class look like before the noise of a row: vectors, drawings.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace manabi::world {

class ClassLooks {
 public:
  virtual ~ClassLooks() = default;
  virtual int64_t classes() const = 0;
  virtual int64_t input_width() const = 0;  // I
  // One input of the class, `into` [I]. Callable from several threads at once, each with its own rng.
  virtual void show(int64_t class_index, base::Rng& rng, std::span<float> into) const = 0;
};

}  // namespace manabi::world
