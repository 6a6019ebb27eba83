#include "model/network/pairs/pair_network.h"

#include <ATen/ATen.h>

#include <vector>

namespace manabi::model {
namespace {

PositionShape shape_of(const PairNetworkConfig& config) {
  std::vector<int64_t> places;
  for (int64_t token = 0; token < 2 * config.pairs + 1; ++token) places.push_back(config.pairs_share_positions ? token / 2 : token);
  return {.places = std::move(places), .width = config.decoder.width, .heads = config.decoder.heads};
}

}  // namespace

base::Json described(const PairNetworkConfig& config) {
  base::Json all = {{"kind", "pair decoder"},
                    {"decoder", described(config.decoder)},
                    {"pairs", config.pairs},
                    {"input_width", config.input_width},
                    {"labels", config.labels},
                    {"positions", static_cast<int>(config.positions.scheme)},
                    {"longest_period", config.positions.longest_period},
                    {"pairs_share_positions", config.pairs_share_positions},
                    {"maps_inputs", config.maps_inputs},
                    {"label_deviation", config.label_deviation},
                    {"head_deviation", config.head_deviation}};
  if (config.position_deviation != PairNetworkConfig().position_deviation) all["position_deviation"] = config.position_deviation;
  if (config.positions.scheme == Positions::rotary) all["rotary_base"] = config.positions.rotary_base;
  return all;
}

PairNetwork::PairNetwork(const PairNetworkConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      tokens_({.pairs = config.pairs,
               .input_width = config.input_width,
               .labels = config.labels,
               .width = content_width(config.positions, shape_of(config)),
               .maps_inputs = config.maps_inputs,
               .label_deviation = config.label_deviation},
              plan),
      positions_(config.positions, shape_of(config), trained_matrix("position.weight", 0, 0, config.position_deviation), plan),
      decoder_(config.decoder, plan),
      head_(config.labels, config.decoder.width, plan, config.head_deviation) {}

at::Tensor PairNetwork::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor hidden = positions_.placed(parameters, tokens_.of(parameters, rows));
  return head_.logits(parameters, decoder_.forward_last(parameters, hidden, positions_.rotation(hidden)));
}

std::vector<at::Tensor> PairNetwork::attention(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor hidden = positions_.placed(parameters, tokens_.of(parameters, rows));
  return decoder_.attention(parameters, hidden, positions_.rotation(hidden));
}

}  // namespace manabi::model
