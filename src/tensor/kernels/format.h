// Which format of the CPU kernels a tensor has, if they can run here at all.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "tensor/kernels/cpu.h"

namespace manabi::tensor::kernels {

// Nothing for another device or dtype, or where the processor lacks the instructions: the reference serves these.
inline std::optional<Format> format_of(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) return std::nullopt;
  if (tensor.scalar_type() == at::kFloat && has_avx512()) return Format::float32;
  if (tensor.scalar_type() == at::kBFloat16 && has_avx512_bf16()) return Format::bfloat16;
  return std::nullopt;
}

}  // namespace manabi::tensor::kernels
