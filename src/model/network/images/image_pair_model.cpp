#include "model/network/images/image_pair_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "base/error.h"

namespace manabi::model {
namespace {

const ImagePairConfig& checked(const ImagePairConfig& config) {
  if (config.network.input_width != config.encoder.width() || config.network.maps_inputs)
    throw base::Error({.where = "image encoder, network",
                       .given = fmt::format("tokens of {} numbers for inputs of {}{}", config.encoder.width(), config.network.input_width,
                                            config.network.maps_inputs ? " that are mapped" : ""),
                       .expected = "one width, and inputs that are not mapped"});
  return config;
}

}  // namespace

base::Json described(const ImagePairConfig& config) {
  return {{"kind", "image pair decoder"}, {"encoder", described(config.encoder)}, {"network", described(config.network)}};
}

ImagePairModel::ImagePairModel(const ImagePairConfig& config, tensor::ParameterPlan& plan)
    : encoder_(checked(config).encoder, plan), network_(config.network, plan) {}

at::Tensor ImagePairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor tokens = encoder_.encode(parameters, rows.inputs.flatten(1, 2));
  return network_.logits(parameters,
                         {.inputs = tokens.view({rows.inputs.size(0), rows.inputs.size(1), rows.inputs.size(2), encoder_.config().width()}),
                          .labels = rows.labels,
                          .offsets = rows.offsets});
}

}  // namespace manabi::model
