#include "model/network/recurrent.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "model/network/trained_matrix.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr double kForgetShift = 1;  // of an LSTM's forget gate at first, so that it remembers (Jozefowicz et al. 2015)

}  // namespace

const char* name_of(Cell cell) { return cell == Cell::lstm ? "lstm" : "rnn"; }

Recurrent::Recurrent(const RecurrentConfig& config, tensor::ParameterPlan& plan) : config_(config) {
  const double deviation = 1 / std::sqrt(static_cast<double>(config.width));
  const int64_t outputs = gates() * config.width;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string name = fmt::format("layers.{}.", layer);
    const tensor::ParameterId input = plan.add(trained_matrix(name + "input.weight", outputs, config.width, deviation));
    const tensor::ParameterId state = plan.add(trained_matrix(name + "state.weight", outputs, config.width, deviation));
    layers_.push_back({.input = input, .state = state, .shift = plan.add({.name = name + "bias", .sizes = {outputs}})});
  }
}

// LSTM: i, f, g, o = gates; c = sigmoid(f + 1) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c).
at::Tensor Recurrent::run(const tensor::ParameterLeaves& parameters, const Layer& layer, const at::Tensor& tokens) const {
  const int64_t replicas = tokens.size(0), rows = tokens.size(1), positions = tokens.size(2);
  const at::Tensor from_inputs =
      (tensor::dense(tokens.flatten(1, 2), parameters[layer.input]) + tensor::plain(parameters[layer.shift]).unsqueeze(1))
          .view({replicas, rows, positions, gates() * config_.width});
  at::Tensor state = at::zeros({replicas, rows, config_.width}, tokens.options()), memory = state;
  std::vector<at::Tensor> states;
  for (int64_t position = 0; position < positions; ++position) {
    const at::Tensor sum = from_inputs.select(2, position) + tensor::dense(state, parameters[layer.state]);
    if (config_.cell == Cell::rnn) {
      state = sum.tanh();
    } else {
      const std::vector<at::Tensor> gate = sum.chunk(4, -1);
      memory = (gate[1] + kForgetShift).sigmoid() * memory + gate[0].sigmoid() * gate[2].tanh();
      state = gate[3].sigmoid() * memory.tanh();
    }
    states.push_back(state);
  }
  return at::stack(states, 2);
}

at::Tensor Recurrent::states(const tensor::ParameterLeaves& parameters, const at::Tensor& tokens) const {
  at::Tensor states = tokens;
  for (const Layer& layer : layers_) states = run(parameters, layer, states);
  return states;
}

}  // namespace manabi::model
