// The vectors of the instructions that a file is compiled for. Only for files named *_avx2.cpp and *_avx512.cpp: they alone are compiled with
// these instructions, so nothing here or in the headers of this folder may have external linkage (another file could otherwise be linked
// against a copy that its processor cannot run).
//
// Both kinds offer the same names: Lanes (kLanes float32) and WordLanes (kLanes 32-bit words) with +, -, * and / by lane, first_lanes(count)
// for the edges of rows, and the formats Float32 and BFloat16.
#pragma once

#include <immintrin.h>

#include <cstdint>

#if defined(__AVX512F__)
#include "tensor/kernels/simd/lanes_avx512.h"
#else
#include "tensor/kernels/simd/lanes_avx2.h"
#endif

namespace manabi::tensor::kernels {
namespace {

constexpr float kLog2OfE = 1.44269504088896341f;

// 2^x for x <= 127; below -126 it runs through the subnormals to 0. NaN stays NaN. Largest relative error 1.4e-7: a polynomial of degree 5
// on [0, 1) with value 1 at 0, its coefficients fitted for the least largest relative error.
inline Lanes exp2(Lanes x) {
  const Lanes bounded = largest(all_lanes(-200.0f), x);  // the second operand is kept when it is NaN
  const Lanes fraction = bounded - floor(bounded);
  Lanes power = all_lanes(1.867130166e-3f);
  power = multiply_add(power, fraction, all_lanes(9.017029777e-3f));
  power = multiply_add(power, fraction, all_lanes(5.579991266e-2f));
  power = multiply_add(power, fraction, all_lanes(2.401644439e-1f));
  power = multiply_add(power, fraction, all_lanes(6.931512952e-1f));
  power = multiply_add(power, fraction, all_lanes(1.0f));
  return times_power_of_two(power, bounded);
}

}  // namespace
}  // namespace manabi::tensor::kernels
