#include "model/network/token_network.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace manabi::model {
namespace {

constexpr double kEmbeddingDeviation = 0.02;  // of GPT-2

tensor::ParameterShape table(const std::string& name, int64_t rows, int64_t width) {
  return {
      .name = name, .sizes = {rows, width}, .initial = {.kind = tensor::Initial::Kind::normal, .scale = kEmbeddingDeviation}, .decays = true};
}

}  // namespace

PositionShape position_shape(const TokenNetworkConfig& config) {
  std::vector<int64_t> places(static_cast<size_t>(config.context));
  std::iota(places.begin(), places.end(), 0);
  return {.places = std::move(places), .width = config.decoder.width, .heads = config.decoder.heads};
}

TokenNetwork::TokenNetwork(const TokenNetworkConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      tokens_(plan.add(table("tok.weight", config.vocabulary, content_width(config.positions, position_shape(config))))),
      positions_(config.positions, position_shape(config), table("pos.weight", 0, 0), plan),
      decoder_(config.decoder, plan),
      head_(plan.add({.name = "head.weight",
                      .sizes = {config.outputs > 0 ? config.outputs : config.vocabulary, config.decoder.width},
                      .initial = {.kind = tensor::Initial::Kind::normal, .scale = 1 / std::sqrt(static_cast<double>(config.decoder.width))},
                      .decays = true})) {}

at::Tensor TokenNetwork::embedded(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const {
  const int64_t replicas = ids.size(0), rows = ids.size(1), length = ids.size(2);
  if (length > config_.context)
    throw base::Error(
        {.given = "rows of " + std::to_string(length) + " tokens", .expected = "at most the context of " + std::to_string(config_.context)});
  const at::Tensor tokens = tensor::embed(ids.flatten(1), parameters[tokens_]).view({replicas, rows, length, -1});
  return positions_.placed(parameters, tokens);
}

at::Tensor TokenNetwork::states(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const {
  const at::Tensor hidden = embedded(parameters, ids);
  return decoder_.forward(parameters, hidden, positions_.rotation(hidden));
}

at::Tensor TokenNetwork::logits(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const {
  return tensor::dense(states(parameters, ids).flatten(1, 2), parameters[head_], config_.decoder.products);
}

at::Tensor TokenNetwork::last_logits(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const {
  const at::Tensor hidden = embedded(parameters, ids);
  return tensor::dense(decoder_.forward_last(parameters, hidden, positions_.rotation(hidden)), parameters[head_], config_.decoder.products);
}

}  // namespace manabi::model
