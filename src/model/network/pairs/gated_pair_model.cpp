#include "model/network/pairs/gated_pair_model.h"

#include <ATen/ATen.h>

#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr double kLeastTemperature = 1e-8;

std::vector<int64_t> widths(const GatedPairConfig& config, int64_t inputs, int64_t outputs) {
  std::vector<int64_t> all = {inputs};
  all.insert(all.end(), static_cast<size_t>(config.hidden_layers), config.hidden_width);
  all.push_back(outputs);
  return all;
}

at::Tensor query_of(const PairInputs& rows) { return rows.inputs.select(2, rows.inputs.size(2) - 1).contiguous(); }  // [R, B, I]

}  // namespace

base::Json described(const GatedPairConfig& config) {
  return {{"pairs", config.pairs},
          {"input_width", config.input_width},
          {"labels", config.labels},
          {"hidden_width", config.hidden_width},
          {"hidden_layers", config.hidden_layers}};
}

InWeightPredictor::InWeightPredictor(const GatedPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config), perceptron_(widths(config, config.input_width, config.labels), plan, kPrefix) {}

at::Tensor InWeightPredictor::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  return perceptron_.of(parameters, query_of(rows));
}

InContextPredictor::InContextPredictor(const GatedPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config), theta_(plan.add({.name = std::string(kPrefix) + "theta", .sizes = {1}})) {}

at::Tensor InContextPredictor::temperature(const tensor::ParameterLeaves& parameters) const {
  return tensor::plain(parameters[theta_]).exp().exp() + kLeastTemperature;
}

at::Tensor InContextPredictor::probabilities(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor context = rows.inputs.narrow(2, 0, config_.pairs), query = rows.inputs.narrow(2, config_.pairs, 1);
  const at::Tensor distances = (context - query).square().sum(-1);                                           // [R, B, K]
  const at::Tensor weights = (-distances / temperature(parameters).unsqueeze(1)).softmax(-1);                // [R, B, K]
  const at::Tensor none = at::zeros({weights.size(0), weights.size(1), config_.labels}, weights.options());  // [R, B, C]
  return none.scatter_add(2, rows.labels, weights);
}

at::Tensor InContextPredictor::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  return probabilities(parameters, rows).clamp_min(kFloor).log();
}

GatedPairModel::GatedPairModel(const GatedPairConfig& config, tensor::ParameterPlan& plan)
    : in_weight_(config, plan), in_context_(config, plan), gate_(widths(config, (config.pairs + 1) * config.input_width, 1), plan, "gate.") {}

at::Tensor GatedPairModel::share_of_weights(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  return gate_.of(parameters, rows.inputs.flatten(2)).sigmoid();
}

at::Tensor GatedPairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor from_weights = in_weight_.logits(parameters, rows).softmax(-1);
  const at::Tensor from_context = in_context_.probabilities(parameters, rows);
  return at::lerp(from_context, from_weights, share_of_weights(parameters, rows)).clamp_min(kFloor).log();
}

}  // namespace manabi::model
