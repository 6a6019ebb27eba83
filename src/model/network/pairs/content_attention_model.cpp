#include "model/network/pairs/content_attention_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

// From a whole normal, not a truncated one.
tensor::ParameterShape normal_matrix(const std::string& name, int64_t rows, int64_t columns, double variance) {
  return {
      .name = name, .sizes = {rows, columns}, .initial = {.kind = tensor::Initial::Kind::normal, .scale = std::sqrt(variance)}, .decays = true};
}

}  // namespace

base::Json described(const ContentAttentionConfig& config) {
  return {{"kind", "content attention"},   {"pairs", config.pairs},   {"input_width", config.input_width},    {"labels", config.labels},
          {"positions", config.positions}, {"layers", config.layers}, {"hidden_layers", config.hidden_layers}};
}

ContentAttentionModel::ContentAttentionModel(const ContentAttentionConfig& config, at::Tensor label_vectors, tensor::ParameterPlan& plan)
    : config_(config), label_vectors_(std::move(label_vectors)) {
  if (2 * config.pairs + 1 > config.positions)
    throw base::Error({.where = "pairs, positions",
                       .given = fmt::format("{} pairs, so {} tokens, at {} positions", config.pairs, 2 * config.pairs + 1, config.positions),
                       .expected = "a position for every token"});
  const int64_t width = config.width();
  const double inverse = 1 / static_cast<double>(width), of_content = 1 / static_cast<double>(config.input_width);
  for (int64_t layer = 0; layer < config.layers; ++layer)
    attention_.push_back(plan.add(normal_matrix(fmt::format("attention.{}.weight", layer), 3 * width, width, of_content)));
  for (int64_t layer = 0; layer < config.hidden_layers; ++layer) {
    const std::string name = fmt::format("classifier.{}.", layer);
    hidden_.push_back({.weight = plan.add(normal_matrix(name + "weight", width, width, 2 * inverse)),
                       .shift = plan.add({.name = name + "bias", .sizes = {1}})});
  }
  head_ = plan.add(normal_matrix("head.weight", config.labels, width, inverse));
}

at::Tensor ContentAttentionModel::tokens(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const int64_t replicas = rows.inputs.size(0), batch = rows.inputs.size(1), pairs = config_.pairs, length = 2 * pairs + 1;
  const at::Tensor vectors = label_vectors_.narrow(0, parameters.first(), replicas).to(rows.inputs.options());
  const at::Tensor names = tensor::embed_reference(rows.labels.flatten(1), vectors).view({replicas, batch, pairs, config_.input_width});
  const at::Tensor context = at::stack({rows.inputs.narrow(2, 0, pairs), names}, 3).flatten(2, 3);
  const at::Tensor content = at::cat({context, rows.inputs.narrow(2, pairs, 1)}, 2);
  const at::Tensor places = rows.offsets.unsqueeze(-1) + at::arange(length, rows.offsets.options());  // [R, B, T]
  const at::Tensor position = at::zeros({replicas, batch, length, config_.positions}, content.options()).scatter_(-1, places.unsqueeze(-1), 1);
  return at::cat({position, content}, -1);
}

at::Tensor ContentAttentionModel::projections(const tensor::ParameterLeaves& parameters, size_t layer, const at::Tensor& hidden) const {
  return tensor::dense(hidden.flatten(1, 2), parameters[attention_[layer]])
      .view({hidden.size(0), hidden.size(1), hidden.size(2), 3, 1, config_.width()});
}

at::Tensor ContentAttentionModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  at::Tensor hidden = tokens(parameters, rows);
  for (size_t layer = 0; layer < attention_.size(); ++layer)
    hidden = hidden + tensor::row_attention(projections(parameters, layer, hidden), {}, /*scale=*/1);
  at::Tensor query = hidden.select(2, 2 * config_.pairs);
  for (const Dense& layer : hidden_)
    query = (tensor::dense(query, parameters[layer.weight]) + tensor::plain(parameters[layer.shift]).unsqueeze(1)).relu();
  return tensor::dense(query, parameters[head_]);
}

std::vector<at::Tensor> ContentAttentionModel::attention(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  std::vector<at::Tensor> all;
  at::Tensor hidden = tokens(parameters, rows);
  const at::Tensor unseen = at::ones({hidden.size(2), hidden.size(2)}, hidden.options().dtype(at::kBool)).triu(1);
  for (size_t layer = 0; layer < attention_.size(); ++layer) {
    const std::vector<at::Tensor> parts = projections(parameters, layer, hidden).squeeze(4).unbind(3);  // queries, keys, values: [R, B, T, D]
    const at::Tensor scores = at::matmul(parts[0], parts[1].transpose(-1, -2));
    all.push_back(scores.masked_fill(unseen, -std::numeric_limits<double>::infinity()).softmax(-1));
    hidden = hidden + at::matmul(all.back(), parts[2]);
  }
  return all;
}

}  // namespace manabi::model
