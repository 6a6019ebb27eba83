#include "model/network/values/value_network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "model/network/trained_matrix.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr double kPositionDeviation = 0.02;

PositionShape shape_of(const ValueNetworkConfig& config) {
  if (config.points < 1 || config.input_width < 1)
    throw base::Error({.where = "model.points, input-width",
                       .given = fmt::format("{} points of {} numbers", config.points, config.input_width),
                       .expected = "at least one of each"});
  std::vector<int64_t> places(static_cast<size_t>(2 * config.points - 1));
  std::iota(places.begin(), places.end(), 0);
  return {.places = std::move(places), .width = config.decoder.width, .heads = config.decoder.heads};
}

const char* name_of(ValueTokens tokens) { return tokens == ValueTokens::own_number ? "own number" : "first number"; }

}  // namespace

base::Json described(const ValueNetworkConfig& config) {
  return {{"kind", "value decoder"},
          {"decoder", described(config.decoder)},
          {"points", config.points},
          {"input_width", config.input_width},
          {"tokens", name_of(config.tokens)}};
}

ValueNetwork::ValueNetwork(const ValueNetworkConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      input_(plan.add(trained_matrix("input.weight", config.decoder.width, config.input_width + value_place(),
                                     1 / std::sqrt(static_cast<double>(config.input_width))))),
      input_shift_(plan.add({.name = "input.bias", .sizes = {config.decoder.width}})),
      positions_(Positions::learned, shape_of(config), trained_matrix("position.weight", 0, 0, kPositionDeviation), plan),
      decoder_(config.decoder, plan),
      head_(plan.add(trained_matrix("head.weight", 1, config.decoder.width, 1 / std::sqrt(static_cast<double>(config.decoder.width))))),
      head_shift_(plan.add({.name = "head.bias", .sizes = {1}})) {}

at::Tensor ValueNetwork::stream(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const {
  const int64_t replicas = rows.inputs.size(0), batch = rows.inputs.size(1), points = rows.points();
  if (points > config_.points)
    throw base::Error({.given = fmt::format("rows of {} points", points),
                       .expected = fmt::format("at most the {} that the network has positions for", config_.points)});
  const at::Tensor numbers = at::zeros({replicas, batch, 2 * points, config_.input_width + value_place()}, rows.inputs.options());
  numbers.slice(2, 0, 2 * points, 2).narrow(3, value_place(), config_.input_width).copy_(rows.inputs);
  numbers.slice(2, 1, 2 * points, 2).select(3, 0).copy_(rows.values);
  const at::Tensor told = numbers.narrow(2, 0, 2 * points - 1).flatten(1, 2);
  const at::Tensor tokens = tensor::dense(told, parameters[input_]) + tensor::plain(parameters[input_shift_]).unsqueeze(1);
  return positions_.placed(parameters, tokens.view({replicas, batch, 2 * points - 1, config_.decoder.width}));
}

at::Tensor ValueNetwork::read(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden) const {
  return (tensor::dense(hidden, parameters[head_]) + tensor::plain(parameters[head_shift_]).unsqueeze(1)).squeeze(2);
}

at::Tensor ValueNetwork::last(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const {
  return read(parameters, decoder_.forward_last(parameters, stream(parameters, rows)));
}

at::Tensor ValueNetwork::every(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const {
  const int64_t points = rows.points();
  const at::Tensor hidden = decoder_.forward(parameters, stream(parameters, rows)).slice(2, 0, 2 * points - 1, 2);
  return read(parameters, hidden.flatten(1, 2)).view({hidden.size(0), hidden.size(1), points});
}

}  // namespace manabi::model
