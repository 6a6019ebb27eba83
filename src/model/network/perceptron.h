// Dense layers with ReLU between them, R replicas at once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

class Perceptron {
 public:
  // widths: of the input, of each hidden layer, of the output. Names begin with `prefix`.
  Perceptron(const std::vector<int64_t>& widths, tensor::ParameterPlan& plan, const std::string& prefix);

  // input [R, N, I] -> [R, N, O]
  at::Tensor of(const tensor::ParameterLeaves& parameters, at::Tensor input) const;

 private:
  struct Layer {
    tensor::ParameterId weight, shift;
  };
  std::vector<Layer> layers_;
};

}  // namespace manabi::model
