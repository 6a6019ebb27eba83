// What reads rows of points (x, y) and tells the value of each from those before it.
//
// Letters: R replicas, B rows, T points, I numbers of an input (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

struct ValueRows {
  at::Tensor inputs;  // [R, B, T, I] float
  at::Tensor values;  // [R, B, T] float; the last is never read

  int64_t points() const { return inputs.size(2); }
  // The first so many points.
  ValueRows first(int64_t points) const { return {.inputs = inputs.narrow(2, 0, points), .values = values.narrow(2, 0, points)}; }
};

class ValueModel {
 public:
  virtual ~ValueModel() = default;
  // -> [R, B]: the value of the last point.
  virtual at::Tensor last(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const = 0;
  // -> [R, B, T]: of every point, each told from those before it. Prefix by prefix unless the model does better.
  virtual at::Tensor every(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const;
  virtual int64_t points() const = 0;       // the most that it reads
  virtual int64_t input_width() const = 0;  // I
};

}  // namespace manabi::model
