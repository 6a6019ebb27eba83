// Distributions over real functions of a vector, from which every row draws one of its own.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace manabi::world {

class Functions {
 public:
  virtual ~Functions() = default;
  virtual int64_t input_width() const = 0;  // I
  // One function at these inputs [T, I] -> values [T]. `active`: how many of an input's numbers are not held at zero. Callable from several
  // threads at once.
  virtual void draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const = 0;
};

// w x with normal weights; of the active ones `nonzero`, drawn without replacement, are not zero (0: all). (Garg et al. 2022, section 3)
class LinearFunctions final : public Functions {
 public:
  // Throws base::Error for more nonzero weights than numbers, or a deviation that is not positive.
  explicit LinearFunctions(int64_t input_width, double deviation = 1, int64_t nonzero = 0);
  int64_t input_width() const override { return input_width_; }
  void draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const override;

 private:
  int64_t input_width_;
  double deviation_;
  int64_t nonzero_;
};

// sqrt(2 / F) v max(0, W x) with F hidden units and normal weights. (Garg et al. 2022, section 5)
class TwoLayerFunctions final : public Functions {
 public:
  explicit TwoLayerFunctions(int64_t input_width, int64_t hidden_width = 100);
  int64_t input_width() const override { return input_width_; }
  void draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const override;

 private:
  int64_t input_width_, hidden_width_;
};

// Full binary trees: every inner node asks whether one number, drawn uniformly, is positive; the leaves' values are normal. (Garg et al. 2022,
// section 5)
class TreeFunctions final : public Functions {
 public:
  explicit TreeFunctions(int64_t input_width, int64_t depth = 4);
  int64_t input_width() const override { return input_width_; }
  void draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const override;

 private:
  int64_t input_width_, depth_;
};

// A sin(x + phase) with A over (0.1, 0.5) and the phase over (0, pi), of one number. (von Oswald et al. 2023, section 4)
class SineFunctions final : public Functions {
 public:
  int64_t input_width() const override { return 1; }
  void draw(base::Rng rng, std::span<const float> inputs, int64_t active, std::span<float> values) const override;
};

}  // namespace manabi::world
