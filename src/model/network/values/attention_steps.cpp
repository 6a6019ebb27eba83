#include "model/network/values/attention_steps.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "model/network/trained_matrix.h"

namespace manabi::model {
namespace {

AttentionStepsConfig checked(AttentionStepsConfig config) {
  if (config.layers < 1 || config.heads < 1 || config.points < 1 || config.input_width < 1 || config.key_width < 0)
    throw base::Error(
        {.where = "model.layers, heads, points, input-width, key-width",
         .given = fmt::format("{}, {}, {}, {}, {}", config.layers, config.heads, config.points, config.input_width, config.key_width),
         .expected = "positive numbers"});
  if (config.key_width == 0) config.key_width = config.input_width + 1;
  return config;
}

// Every vector of tokens [R, B, N, D] through its replica's matrix [R, D, D].
at::Tensor through(const at::Tensor& tokens, const at::Tensor& matrix) { return at::bmm(tokens.flatten(1, 2), matrix).view(tokens.sizes()); }

// sum_i (q_j c_i) c_i of tokens q [R, B, N, D] and context c [R, B, C, D]: through the scores for one token, through the context's second
// moments for many.
at::Tensor read_linearly(const at::Tensor& asking, const at::Tensor& context) {
  if (asking.size(2) > 1) return at::matmul(asking, at::matmul(context.transpose(2, 3), context));
  const at::Tensor scores = (context * asking).sum(3, /*keepdim=*/true);
  return (context * scores).sum(2, /*keepdim=*/true);
}

// What the context's tokens [R, B, C, D] add to tokens [R, B, N, D].
at::Tensor attended(const at::Tensor& tokens, const at::Tensor& context, const MergedLayer& layer, tensor::AttentionWeights weights,
                    double scale) {
  at::Tensor update;
  for (int64_t head = 0; head < layer.scores.size(1); ++head) {
    const at::Tensor asking = through(tokens, layer.scores.select(1, head));
    const at::Tensor read = weights == tensor::AttentionWeights::linear
                                ? read_linearly(asking, context)
                                : at::matmul((at::matmul(asking, context.transpose(2, 3)) * scale).softmax(-1), context);
    const at::Tensor added = through(read, layer.update.select(1, head));
    update = update.defined() ? update + added : added;
  }
  return update;
}

}  // namespace

base::Json described(const AttentionStepsConfig& config) {
  return {{"kind", "attention steps"},
          {"layers", config.layers},
          {"shares_layers", config.shares_layers},
          {"heads", config.heads},
          {"key_width", config.key_width},
          {"weights", static_cast<int>(config.weights)},
          {"clip", config.clip},
          {"initial_scale", config.initial_scale},
          {"points", config.points},
          {"input_width", config.input_width}};
}

AttentionSteps::AttentionSteps(const AttentionStepsConfig& config, tensor::ParameterPlan& plan) : config_(checked(config)) {
  const int64_t width = config_.input_width + 1, inner = config_.heads * config_.key_width;
  const auto matrix = [&](const std::string& name, int64_t rows, int64_t columns) {
    const double variance = config_.initial_scale / static_cast<double>(config_.layers * columns);
    tensor::ParameterShape shape = trained_matrix(name, rows, columns, std::sqrt(variance));
    return plan.add(std::move(shape));
  };
  const int64_t own = config_.shares_layers ? 1 : config_.layers;
  for (int64_t layer = 0; layer < own; ++layer) {
    const std::string name = fmt::format("layers.{}.", layer);
    const tensor::ParameterId query = matrix(name + "query.weight", inner, width), key = matrix(name + "key.weight", inner, width);
    const tensor::ParameterId value = matrix(name + "value.weight", inner, width), out = matrix(name + "out.weight", width, inner);
    layers_.push_back({.query = query, .key = key, .value = value, .out = out});
  }
}

std::vector<MergedLayer> AttentionSteps::merged(const tensor::ParameterLeaves& parameters) const {
  const int64_t width = config_.input_width + 1;
  // [R, H E, D] -> [R, H, E, D].
  const auto heads = [&](tensor::ParameterId id) { return tensor::plain(parameters[id]).view({-1, config_.heads, config_.key_width, width}); };
  std::vector<MergedLayer> merged;
  for (const Layer& layer : layers_) {
    const at::Tensor out = tensor::plain(parameters[layer.out]).view({-1, width, config_.heads, config_.key_width}).permute({0, 2, 3, 1});
    merged.push_back({.scores = at::matmul(heads(layer.query).transpose(2, 3), heads(layer.key)),
                      .update = at::matmul(heads(layer.value).transpose(2, 3), out)});
  }
  return merged;
}

at::Tensor AttentionSteps::last(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const {
  return last_with(merged(parameters), rows);
}

at::Tensor AttentionSteps::last_with(const std::vector<MergedLayer>& layers, const ValueRows& rows) const {
  const int64_t context = rows.points() - 1;
  if (rows.points() > config_.points)
    throw base::Error({.given = fmt::format("rows of {} points", rows.points()), .expected = fmt::format("at most {}", config_.points)});
  const at::Tensor shown = at::cat({rows.inputs, rows.values.unsqueeze(3)}, 3);
  at::Tensor query = at::cat({rows.inputs.narrow(2, context, 1), at::zeros_like(rows.values.narrow(2, context, 1)).unsqueeze(3)}, 3);
  if (context == 0) return -query.select(3, -1).squeeze(2);
  at::Tensor points = shown.narrow(2, 0, context);
  const double scale = 1 / std::sqrt(static_cast<double>(config_.key_width));
  const auto step = [&](const at::Tensor& tokens, const MergedLayer& layer) {
    const at::Tensor next = tokens + attended(tokens, points, layer, config_.weights, scale);
    return config_.clip > 0 ? next.clamp(-config_.clip, config_.clip) : next;
  };
  for (int64_t i = 0; i < config_.layers; ++i) {
    const MergedLayer& layer = layers[config_.shares_layers ? 0 : static_cast<size_t>(i)];
    query = step(query, layer);
    if (i + 1 < config_.layers) points = step(points, layer);
  }
  return -query.select(3, -1).squeeze(2);
}

MergedLayer descent_layer(int64_t input_width, double rate, double curvature, at::TensorOptions options) {
  const int64_t width = input_width + 1;
  at::Tensor scores = at::eye(width, options), update = at::eye(width, options) * -curvature;
  scores[input_width][input_width].fill_(0);
  update[input_width][input_width].fill_(-rate);
  return {.scores = scores.view({1, 1, width, width}), .update = update.view({1, 1, width, width})};
}

}  // namespace manabi::model
