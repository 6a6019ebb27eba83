// The commonest parameter of the networks that are trained here.
#pragma once

#include <cstdint>
#include <string>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

// A matrix [rows, columns] from a truncated normal, which decays.
tensor::ParameterShape trained_matrix(const std::string& name, int64_t rows, int64_t columns, double deviation);

}  // namespace manabi::model
