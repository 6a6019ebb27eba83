#include "model/network/pair_network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace manabi::model {
namespace {

using tensor::Initial;

constexpr double kEmbeddingDeviation = 0.02;

tensor::ParameterShape matrix(const std::string& name, int64_t rows, int64_t columns, double deviation) {
  return {.name = name,
          .sizes = {rows, columns},
          .initial = {.kind = Initial::Kind::truncated_normal, .scale = deviation},
          .decays = true};
}

double inverse_root(int64_t width) { return 1 / std::sqrt(static_cast<double>(width)); }

// [T, D]: row p holds the waves at place p of `places`.
at::Tensor waves(const std::vector<int64_t>& places, int64_t width, double longest_period) {
  const int64_t half = width / 2;
  const at::Tensor frequencies = at::pow(longest_period, at::arange(half, at::kDouble) * (-2.0 / static_cast<double>(width)));
  const at::Tensor angles = at::tensor(places, at::kDouble).unsqueeze(1) * frequencies;
  return at::cat({angles.sin(), angles.cos()}, 1);
}

PairNetworkConfig checked(const PairNetworkConfig& config) {
  if (!config.maps_inputs && config.input_width != config.decoder.width)
    throw base::Error({.where = "model.width, input-width",
                       .given = fmt::format("inputs of {} numbers as tokens of {}", config.input_width, config.decoder.width),
                       .expected = "one width, or inputs that are mapped"});
  if (config.positions == Positions::sinusoidal && config.decoder.width % 2 != 0)
    throw base::Error({.where = "model.width", .given = std::to_string(config.decoder.width), .expected = "an even width for sinusoidal positions"});
  return config;
}

}  // namespace

PairNetwork::PairNetwork(const PairNetworkConfig& config, tensor::ParameterPlan& plan)
    : config_(checked(config)),
      input_map_(config.maps_inputs ? std::optional(plan.add(matrix("input.weight", config.decoder.width, config.input_width, inverse_root(config.input_width))))
                                    : std::nullopt),
      label_table_(plan.add(matrix("label.weight", config.labels, config.decoder.width, inverse_root(config.labels)))),
      label_shift_(plan.add({.name = "label.bias", .sizes = {config.decoder.width}})),
      position_table_(config.positions == Positions::learned
                          ? std::optional(plan.add(matrix("position.weight", 2 * config.pairs + 1, config.decoder.width, kEmbeddingDeviation)))
                          : std::nullopt),
      decoder_(config.decoder, plan),
      head_(plan.add(matrix("head.weight", config.labels, config.decoder.width, inverse_root(config.decoder.width)))),
      head_shift_(plan.add({.name = "head.bias", .sizes = {config.labels}})) {}

at::Tensor PairNetwork::positions(const tensor::ParameterLeaves& parameters, const at::Tensor& like) const {
  if (config_.positions == Positions::none) return {};
  if (position_table_) return tensor::plain(parameters[*position_table_]).unsqueeze(1);
  std::vector<int64_t> places;
  for (int64_t token = 0; token < tokens(); ++token) places.push_back(config_.pairs_share_positions ? token / 2 : token);
  return waves(places, config_.decoder.width, config_.longest_period).to(like.device(), like.scalar_type()).view({1, 1, tokens(), -1});
}

at::Tensor PairNetwork::logits(const tensor::ParameterLeaves& parameters, const at::Tensor& inputs, const at::Tensor& labels) const {
  const int64_t replicas = inputs.size(0), rows = inputs.size(1), pairs = config_.pairs, width = config_.decoder.width;
  TORCH_CHECK(inputs.dim() == 4 && inputs.size(2) == pairs + 1 && inputs.size(3) == config_.input_width && labels.size(2) == pairs,
              "PairNetwork: inputs ", inputs.sizes(), " and labels ", labels.sizes(), " for ", pairs, " pairs of ", config_.input_width);
  at::Tensor items = inputs;
  if (input_map_) items = tensor::dense(inputs.flatten(1, 2), parameters[*input_map_]).view({replicas, rows, pairs + 1, width});
  const at::Tensor names = tensor::embed(labels.flatten(1), parameters[label_table_]) + tensor::plain(parameters[label_shift_]).unsqueeze(1);
  const at::Tensor context = at::stack({items.narrow(2, 0, pairs), names.view({replicas, rows, pairs, width})}, 3).flatten(2, 3);
  at::Tensor hidden = at::cat({context, items.narrow(2, pairs, 1)}, 2);  // [R, B, 2 K + 1, D]
  if (const at::Tensor places = positions(parameters, hidden); places.defined()) hidden = hidden + places;
  const at::Tensor query = decoder_.forward(parameters, hidden).select(2, 2 * pairs).contiguous();
  return tensor::dense(query, parameters[head_]) + tensor::plain(parameters[head_shift_]).unsqueeze(1);
}

}  // namespace manabi::model
