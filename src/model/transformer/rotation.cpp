#include "model/transformer/rotation.h"

#include <ATen/ATen.h>

#include <numbers>

namespace manabi::model {
namespace {

at::Tensor base_frequencies(double theta, int64_t head_width) {
  const at::Tensor exponents = at::arange(0, head_width, 2, at::kFloat).div(static_cast<double>(head_width));
  return at::pow(theta, exponents).reciprocal();
}

// Llama 3.1 (Grattafiori et al. 2024): by how many wavelengths fit into the old context.
at::Tensor scale_as_llama3(const at::Tensor& frequencies, const Llama3Scaling& scaling) {
  const at::Tensor wavelengths = frequencies.reciprocal().mul(2 * std::numbers::pi);
  const at::Tensor turns = wavelengths.reciprocal().mul(static_cast<double>(scaling.original_context));  // within the old context
  const double band = scaling.high_frequency_factor - scaling.low_frequency_factor;
  const at::Tensor kept = turns.sub(scaling.low_frequency_factor).div(band).clamp(0, 1);  // 1: as it was, 0: divided
  return frequencies.mul(kept).add(frequencies.div(scaling.factor).mul(1 - kept));
}

}  // namespace

Rotation::Rotation(const RotationSettings& settings, int64_t head_width, const at::Tensor& divisors, at::Device device)
    : settings_(settings), has_divisors_(divisors.defined()) {
  at::Tensor frequencies = base_frequencies(settings.theta, head_width);
  switch (settings.scaling) {
    case RotationSettings::Scaling::none:
      break;
    case RotationSettings::Scaling::linear:
      frequencies = frequencies.div(settings.linear_factor);
      break;
    case RotationSettings::Scaling::llama3:
      frequencies = scale_as_llama3(frequencies, settings.llama3);
      break;
  }
  if (divisors.defined()) frequencies = frequencies.div(divisors);
  frequencies_ = frequencies.to(device);
}

Rotation::Angles Rotation::at_positions(const at::Tensor& positions) const {
  const at::Tensor angles = at::outer(positions.to(at::kFloat), frequencies_);
  return {angles.cos(), angles.sin()};
}

}  // namespace manabi::model
