#include "model/network/pairs/perceptron_pair_model.h"

#include <ATen/ATen.h>

#include <vector>

namespace manabi::model {
namespace {

std::vector<int64_t> widths_of(const PerceptronPairConfig& config, int64_t tokens) {
  std::vector<int64_t> widths(static_cast<size_t>(config.layers) + 2, config.hidden_width);
  widths.front() = tokens * config.width;
  widths.back() = config.labels;
  return widths;
}

}  // namespace

base::Json described(const PerceptronPairConfig& config) {
  return {{"kind", "mlp"},          {"layers", config.layers}, {"hidden_width", config.hidden_width},
          {"width", config.width},  {"pairs", config.pairs},   {"input_width", config.input_width},
          {"labels", config.labels}};
}

PerceptronPairModel::PerceptronPairModel(const PerceptronPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      tokens_({.pairs = config.pairs, .input_width = config.input_width, .labels = config.labels, .width = config.width}, plan),
      perceptron_(widths_of(config, tokens_.count()), plan, "mlp.") {}

at::Tensor PerceptronPairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  return perceptron_.of(parameters, tokens_.of(parameters, rows).flatten(2));
}

}  // namespace manabi::model
