#include "model/network/pairs/recurrent_pair_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr double kForgetShift = 1;  // of an LSTM's forget gate at first, so that it remembers (Jozefowicz et al. 2015)

std::vector<tensor::ParameterId> declared_layer(tensor::ParameterPlan& plan, int64_t layer, int64_t gates, int64_t width) {
  const std::string name = fmt::format("layers.{}.", layer);
  const double deviation = 1 / std::sqrt(static_cast<double>(width));
  return {plan.add(trained_matrix(name + "input.weight", gates * width, width, deviation)),
          plan.add(trained_matrix(name + "state.weight", gates * width, width, deviation)),
          plan.add({.name = name + "bias", .sizes = {gates * width}})};
}

}  // namespace

base::Json described(const RecurrentPairConfig& config) {
  return {{"kind", config.cell == Cell::lstm ? "lstm" : "rnn"},
          {"layers", config.layers},
          {"width", config.width},
          {"pairs", config.pairs},
          {"input_width", config.input_width},
          {"labels", config.labels}};
}

RecurrentPairModel::RecurrentPairModel(const RecurrentPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      tokens_({.pairs = config.pairs, .input_width = config.input_width, .labels = config.labels, .width = config.width}, plan),
      layers_([&] {
        std::vector<Layer> layers;
        for (int64_t layer = 0; layer < config.layers; ++layer) {
          const std::vector<tensor::ParameterId> ids = declared_layer(plan, layer, config.cell == Cell::lstm ? 4 : 1, config.width);
          layers.push_back({.input = ids[0], .state = ids[1], .shift = ids[2]});
        }
        return layers;
      }()),
      head_(config.labels, config.width, plan) {}

// LSTM: i, f, g, o = gates; c = sigmoid(f + 1) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c).
at::Tensor RecurrentPairModel::run(const tensor::ParameterLeaves& parameters, const Layer& layer, const at::Tensor& hidden) const {
  const int64_t replicas = hidden.size(0), rows = hidden.size(1), positions = hidden.size(2);
  const at::Tensor from_inputs =
      (tensor::dense(hidden.flatten(1, 2), parameters[layer.input]) + tensor::plain(parameters[layer.shift]).unsqueeze(1))
          .view({replicas, rows, positions, gates() * config_.width});
  at::Tensor state = at::zeros({replicas, rows, config_.width}, hidden.options()), memory = state;
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

at::Tensor RecurrentPairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  at::Tensor hidden = tokens_.of(parameters, rows);
  for (const Layer& layer : layers_) hidden = run(parameters, layer, hidden);
  return head_.logits(parameters, hidden.select(2, 2 * config_.pairs));
}

}  // namespace manabi::model
