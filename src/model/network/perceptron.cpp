#include "model/network/perceptron.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "model/network/trained_matrix.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {

Perceptron::Perceptron(const std::vector<int64_t>& widths, tensor::ParameterPlan& plan, const std::string& prefix) {
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::string name = fmt::format("{}layers.{}.", prefix, i);
    layers_.push_back(
        {.weight = plan.add(trained_matrix(name + "weight", widths[i + 1], widths[i], 1 / std::sqrt(static_cast<double>(widths[i])))),
         .shift = plan.add({.name = name + "bias", .sizes = {widths[i + 1]}})});
  }
}

at::Tensor Perceptron::of(const tensor::ParameterLeaves& parameters, at::Tensor input) const {
  for (size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor sum = tensor::dense(input, parameters[layers_[i].weight]);
    const at::Tensor& shift = parameters[layers_[i].shift];
    const bool is_last = i + 1 == layers_.size();
    input = is_last ? sum + tensor::plain(shift).unsqueeze(1) : tensor::activate(sum, shift, tensor::Activation::relu);
  }
  return input;
}

}  // namespace manabi::model
