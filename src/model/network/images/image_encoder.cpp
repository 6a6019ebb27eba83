#include "model/network/images/image_encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "model/network/trained_matrix.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr tensor::Window kStem = {.side = 7, .stride = 2, .padding = 3};
constexpr int64_t kBottleneck = 4;  // the narrow part of a block has so many times fewer channels

const ImageEncoderConfig& checked(const ImageEncoderConfig& config) {
  const auto refuse = [](std::string given, std::string expected) {
    throw base::Error({.where = "image encoder", .given = std::move(given), .expected = std::move(expected)});
  };
  if (config.side < 1 || config.stem_channels < 1 || config.blocks < 1)
    refuse(fmt::format("side {}, {} stem channels, {} blocks", config.side, config.stem_channels, config.blocks), "at least 1 each");
  if (config.channels.empty() || config.channels.size() != config.strides.size())
    refuse(fmt::format("{} groups with {} strides", config.channels.size(), config.strides.size()), "a group at least, and a stride for each");
  for (const int64_t channels : config.channels)
    if (channels < 1 || channels % kBottleneck != 0) refuse(fmt::format("{} channels", channels), fmt::format("a multiple of {}", kBottleneck));
  if (std::ranges::min(config.strides) < 1) refuse(fmt::format("a stride of {}", std::ranges::min(config.strides)), "at least 1");
  return config;
}

// max(map + shift, 0), map [R, B, S, S, I].
at::Tensor rectified(const at::Tensor& map, const at::Tensor& shift) {
  return tensor::activate(map.flatten(1, 3), shift, tensor::Activation::relu).view(map.sizes());
}

// The maximum of each 3 x 3 window, stride 2: [R, B, S, S, I] -> [R, B, S', S', I].
at::Tensor pooled(const at::Tensor& map) {
  const at::Tensor maxima = at::max_pool2d(map.flatten(0, 1).permute({0, 3, 1, 2}), 3, 2, 1);
  return maxima.permute({0, 2, 3, 1}).contiguous().unflatten(0, {map.size(0), map.size(1)});
}

}  // namespace

base::Json described(const ImageEncoderConfig& config) {
  return {{"kind", "residual"},
          {"side", config.side},
          {"stem_channels", config.stem_channels},
          {"pools_stem", config.pools_stem},
          {"channels", config.channels},
          {"strides", config.strides},
          {"blocks", config.blocks}};
}

ImageEncoder::ImageEncoder(const ImageEncoderConfig& config, tensor::ParameterPlan& plan, const std::string& prefix)
    : config_(checked(config)), stem_(declare(plan, prefix + "stem", kStem, 1, config.stem_channels)) {
  int64_t inputs = config.stem_channels;
  for (size_t group = 0; group < config.channels.size(); ++group) {
    for (int64_t block = 0; block < config.blocks; ++block) {
      const bool is_first = block == 0;
      blocks_.push_back(declare_block(plan, fmt::format("{}{}.{}.", prefix, group, block), inputs, config.channels[group],
                                      is_first ? config.strides[group] : 1, is_first));
      inputs = config.channels[group];
    }
  }
}

ImageEncoder::Convolution ImageEncoder::declare(tensor::ParameterPlan& plan, const std::string& name, const tensor::Window& window,
                                                int64_t inputs, int64_t outputs) const {
  const int64_t patch = window.side * window.side * inputs;
  return {.weight = plan.add(trained_matrix(name + ".weight", outputs, patch, 1 / std::sqrt(static_cast<double>(patch)))),
          .shift = plan.add({.name = name + ".bias", .sizes = {outputs}}),
          .window = window};
}

ImageEncoder::Block ImageEncoder::declare_block(tensor::ParameterPlan& plan, const std::string& name, int64_t inputs, int64_t outputs,
                                                int64_t stride, bool is_first) const {
  const int64_t narrow = outputs / kBottleneck;
  Block block = {.narrow = declare(plan, name + "narrow", {.side = 1}, inputs, narrow),
                 .around = declare(plan, name + "around", {.side = 3, .stride = stride, .padding = 1}, narrow, narrow),
                 .widen = declare(plan, name + "widen", {.side = 1}, narrow, outputs),
                 .shortcut = std::nullopt};
  if (is_first) block.shortcut = plan.add(trained_matrix(name + "shortcut.weight", outputs, inputs, 1 / std::sqrt(static_cast<double>(inputs))));
  return block;
}

// The shift after the sum serves both ways.
at::Tensor ImageEncoder::run(const tensor::ParameterLeaves& parameters, const Block& block, const at::Tensor& map) const {
  const auto convolved = [&](const Convolution& layer, const at::Tensor& input) {
    return tensor::convolve(input, parameters[layer.weight], layer.window);
  };
  const at::Tensor narrow = rectified(convolved(block.narrow, map), parameters[block.narrow.shift]);
  const at::Tensor around = rectified(convolved(block.around, narrow), parameters[block.around.shift]);
  const tensor::Window past = {.side = 1, .stride = block.around.window.stride};
  const at::Tensor shortcut = block.shortcut ? tensor::convolve(map, parameters[*block.shortcut], past) : map;
  return rectified(convolved(block.widen, around) + shortcut, parameters[block.widen.shift]);
}

at::Tensor ImageEncoder::encode(const tensor::ParameterLeaves& parameters, const at::Tensor& images) const {
  TORCH_CHECK(images.dim() == 3 && images.size(2) == config_.side * config_.side, "ImageEncoder: images ", images.sizes(), " for a side of ",
              config_.side);
  const at::Tensor drawn = images.view({images.size(0), images.size(1), config_.side, config_.side, 1});
  at::Tensor map = rectified(tensor::convolve(drawn, parameters[stem_.weight], stem_.window), parameters[stem_.shift]);
  if (config_.pools_stem) map = pooled(map);
  for (const Block& block : blocks_) map = run(parameters, block, map);
  return map.mean({2, 3});
}

}  // namespace manabi::model
