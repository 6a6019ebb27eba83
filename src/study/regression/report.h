// What the study says of its records.
#pragma once

#include <vector>

#include "lab/study.h"

namespace manabi::study::regression {

inline constexpr const char* kPermutationSpread = "permutation spread";  // of what is told, over orders of the examples: deviation / the values'

std::vector<lab::Claim> claims(const lab::Records& records);
std::vector<lab::Section> sections(const lab::Records& records);

}  // namespace manabi::study::regression
