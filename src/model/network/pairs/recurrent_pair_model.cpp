#include "model/network/pairs/recurrent_pair_model.h"

#include <ATen/ATen.h>

namespace manabi::model {

base::Json described(const RecurrentPairConfig& config) {
  return {{"kind", name_of(config.cell)}, {"layers", config.layers},           {"width", config.width},
          {"pairs", config.pairs},        {"input_width", config.input_width}, {"labels", config.labels}};
}

RecurrentPairModel::RecurrentPairModel(const RecurrentPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      tokens_({.pairs = config.pairs, .input_width = config.input_width, .labels = config.labels, .width = config.width}, plan),
      recurrent_({.cell = config.cell, .layers = config.layers, .width = config.width}, plan),
      head_(config.labels, config.width, plan) {}

at::Tensor RecurrentPairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor states = recurrent_.states(parameters, tokens_.of(parameters, rows));
  return head_.logits(parameters, states.select(2, 2 * config_.pairs));
}

}  // namespace manabi::model
