#include "model/network/pairs/pair_network.h"

#include <ATen/ATen.h>

#include <vector>

#include "base/error.h"

namespace manabi::model {
namespace {

constexpr double kPositionDeviation = 0.02;

// [T, D]: row p holds the waves at places[p].
at::Tensor waves(const std::vector<int64_t>& places, int64_t width, double longest_period) {
  const at::Tensor frequencies = at::pow(longest_period, at::arange(width / 2, at::kDouble) * (-2.0 / static_cast<double>(width)));
  const at::Tensor angles = at::tensor(places, at::kDouble).unsqueeze(1) * frequencies;
  return at::cat({angles.sin(), angles.cos()}, 1);
}

PairNetworkConfig checked(const PairNetworkConfig& config) {
  if (config.positions == Positions::sinusoidal && config.decoder.width % 2 != 0)
    throw base::Error(
        {.where = "model.width", .given = std::to_string(config.decoder.width), .expected = "an even width for sinusoidal positions"});
  return config;
}

}  // namespace

base::Json described(const PairNetworkConfig& config) {
  return {{"kind", "pair decoder"},
          {"decoder", described(config.decoder)},
          {"pairs", config.pairs},
          {"input_width", config.input_width},
          {"labels", config.labels},
          {"positions", static_cast<int>(config.positions)},
          {"longest_period", config.longest_period},
          {"pairs_share_positions", config.pairs_share_positions},
          {"maps_inputs", config.maps_inputs},
          {"label_deviation", config.label_deviation},
          {"head_deviation", config.head_deviation}};
}

PairNetwork::PairNetwork(const PairNetworkConfig& config, tensor::ParameterPlan& plan)
    : config_(checked(config)),
      tokens_({.pairs = config.pairs,
               .input_width = config.input_width,
               .labels = config.labels,
               .width = config.decoder.width,
               .maps_inputs = config.maps_inputs,
               .label_deviation = config.label_deviation},
              plan),
      position_table_(config.positions == Positions::learned ? std::optional(plan.add(trained_matrix("position.weight", 2 * config.pairs + 1,
                                                                                                     config.decoder.width, kPositionDeviation)))
                                                             : std::nullopt),
      decoder_(config.decoder, plan),
      head_(config.labels, config.decoder.width, plan, config.head_deviation) {}

at::Tensor PairNetwork::positions(const tensor::ParameterLeaves& parameters, const at::Tensor& like) const {
  if (config_.positions == Positions::none) return {};
  if (position_table_) return tensor::plain(parameters[*position_table_]).unsqueeze(1);
  std::vector<int64_t> places;
  for (int64_t token = 0; token < tokens_.count(); ++token) places.push_back(config_.pairs_share_positions ? token / 2 : token);
  return waves(places, config_.decoder.width, config_.longest_period)
      .to(like.device(), like.scalar_type())
      .view({1, 1, tokens_.count(), config_.decoder.width});
}

at::Tensor PairNetwork::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  at::Tensor hidden = tokens_.of(parameters, rows);
  if (const at::Tensor places = positions(parameters, hidden); places.defined()) hidden = hidden + places;
  return head_.logits(parameters, decoder_.forward_last(parameters, hidden));
}

}  // namespace manabi::model
