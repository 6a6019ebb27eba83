// Rotary positions (Su et al. 2021): the angle by which pair i of a head turns at a position, under the scalings that checkpoints use.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/transformer/rotation_settings.h"

namespace manabi::model {

// Letters: N tokens, E width of a head.
class Rotation {
 public:
  // divisors [E/2]: each frequency is divided by its own (GGUF's rope_freqs.weight); undefined = none.
  Rotation(const RotationSettings& settings, int64_t head_width, const at::Tensor& divisors, at::Device device);

  struct Angles {
    at::Tensor cosines;  // [N, E/2] float32
    at::Tensor sines;    // [N, E/2] float32
  };
  // positions [N] int64. Computed in float32, as the models were trained.
  Angles at_positions(const at::Tensor& positions) const;

  const RotationSettings& settings() const { return settings_; }
  bool has_divisors() const { return has_divisors_; }
  const at::Tensor& frequencies() const { return frequencies_; }  // [E/2] float32, radians a position

 private:
  RotationSettings settings_;
  bool has_divisors_ = false;
  at::Tensor frequencies_;
};

}  // namespace manabi::model
