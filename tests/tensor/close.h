// EXPECT_CLOSE(actual, expected): equal sizes and dtype, and every element within the dtype's rounding of the expected one.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace manabi::tensor {

// Relative to the element plus relative to the tensor's scale: `factor` roundings of the dtype (2^-24 in float32, 2^-9 in bfloat16).
inline testing::AssertionResult is_close(const at::Tensor& actual, const at::Tensor& expected, double factor = 1) {
  if (actual.sizes() != expected.sizes()) return testing::AssertionFailure() << actual.sizes() << " is not " << expected.sizes();
  if (actual.scalar_type() != expected.scalar_type()) return testing::AssertionFailure() << "another dtype";
  if (actual.numel() == 0) return testing::AssertionSuccess();
  const double rounding = (actual.scalar_type() == at::kBFloat16 ? 0x1p-7 : 0x1p-19) * factor;
  const at::Tensor wide = expected.to(at::kDouble);
  const at::Tensor difference = (actual.to(at::kDouble) - wide).abs();
  const at::Tensor allowed = rounding * (wide.abs() + wide.square().mean().sqrt() + 1e-6);
  const double worst = (difference / allowed).max().item<double>();
  if (worst <= 1) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "largest difference " << difference.max().item<double>() << ", " << worst << " times what is allowed";
}

}  // namespace manabi::tensor

#define EXPECT_CLOSE(actual, expected) EXPECT_TRUE(::manabi::tensor::is_close(actual, expected))
