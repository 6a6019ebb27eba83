// Which format of the CPU kernels a tensor has, if it has one.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "tensor/kernels/kernels.h"

namespace manabi::tensor::kernels {

// Nothing for another device or dtype, or where the processor runs no kernel of ours: the reference serves these.
inline std::optional<Format> format_of(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) return std::nullopt;
  std::optional<Format> format;
  if (tensor.scalar_type() == at::kFloat) format = Format::float32;
  if (tensor.scalar_type() == at::kBFloat16) format = Format::bfloat16;
  return format && find_kernels(*format) ? format : std::nullopt;
}

}  // namespace manabi::tensor::kernels
