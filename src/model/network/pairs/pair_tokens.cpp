#include "model/network/pairs/pair_tokens.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

double inverse_root(int64_t width) { return 1 / std::sqrt(static_cast<double>(width)); }

PairTokensConfig checked(const PairTokensConfig& config) {
  if (!config.maps_inputs && config.input_width != config.width)
    throw base::Error({.where = "model.width, input-width",
                       .given = fmt::format("inputs of {} numbers as tokens of {}", config.input_width, config.width),
                       .expected = "one width, or inputs that are mapped"});
  return config;
}

}  // namespace

PairTokens::PairTokens(const PairTokensConfig& config, tensor::ParameterPlan& plan) : config_(checked(config)) {
  if (config.maps_inputs)
    input_map_ = plan.add(trained_matrix("input.weight", config.width, config.input_width, inverse_root(config.input_width)));
  label_table_ = plan.add(trained_matrix("label.weight", config.labels, config.width,
                                         config.label_deviation > 0 ? config.label_deviation : inverse_root(config.labels)));
  label_shift_ = plan.add({.name = "label.bias", .sizes = {config.width}});
}

at::Tensor PairTokens::of(const tensor::ParameterLeaves& parameters, const PairInputs& given) const {
  const at::Tensor &inputs = given.inputs, &labels = given.labels;
  const int64_t replicas = inputs.size(0), rows = inputs.size(1), pairs = config_.pairs;
  TORCH_CHECK(inputs.dim() == 4 && inputs.size(2) == pairs + 1 && inputs.size(3) == config_.input_width && labels.size(2) == pairs,
              "PairTokens: inputs ", inputs.sizes(), " and labels ", labels.sizes(), " for ", pairs, " pairs of ", config_.input_width);
  at::Tensor items = inputs;
  if (input_map_) items = tensor::dense(inputs.flatten(1, 2), parameters[*input_map_]).view({replicas, rows, pairs + 1, config_.width});
  const at::Tensor names = tensor::embed(labels.flatten(1), parameters[label_table_]) + tensor::plain(parameters[label_shift_]).unsqueeze(1);
  const at::Tensor context = at::stack({items.narrow(2, 0, pairs), names.view({replicas, rows, pairs, config_.width})}, 3).flatten(2, 3);
  return at::cat({context, items.narrow(2, pairs, 1)}, 2);
}

PairHead::PairHead(int64_t labels, int64_t width, tensor::ParameterPlan& plan, double deviation)
    : weight_(plan.add(trained_matrix("head.weight", labels, width, deviation > 0 ? deviation : inverse_root(width)))),
      shift_(plan.add({.name = "head.bias", .sizes = {labels}})) {}

at::Tensor PairHead::logits(const tensor::ParameterLeaves& parameters, const at::Tensor& query) const {
  return tensor::dense(query, parameters[weight_]) + tensor::plain(parameters[shift_]).unsqueeze(1);
}

}  // namespace manabi::model
