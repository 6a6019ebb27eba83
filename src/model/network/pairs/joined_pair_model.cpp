#include "model/network/pairs/joined_pair_model.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "tensor/differentiable/differentiable.h"

namespace manabi::model {
namespace {

constexpr double kPositionDeviation = 0.02;

PositionShape shape_of(const JoinedPairConfig& config, const DecoderConfig& decoder) {
  std::vector<int64_t> places(static_cast<size_t>(config.pairs + 1));
  std::iota(places.begin(), places.end(), 0);
  return {.places = std::move(places), .width = decoder.width, .heads = decoder.heads};
}

std::variant<Decoder, Recurrent> core_of(const JoinedPairConfig& config, tensor::ParameterPlan& plan) {
  if (const auto* decoder = std::get_if<DecoderConfig>(&config.core)) return Decoder(*decoder, plan);
  return Recurrent(std::get<RecurrentConfig>(config.core), plan);
}

}  // namespace

int64_t JoinedPairConfig::width() const {
  return std::visit([](const auto& of) { return of.width; }, core);
}

base::Json described(const JoinedPairConfig& config) {
  base::Json all = {{"kind", "joined pairs"}, {"pairs", config.pairs}, {"input_width", config.input_width}, {"labels", config.labels}};
  if (const auto* decoder = std::get_if<DecoderConfig>(&config.core)) all["decoder"] = described(*decoder);
  if (const auto* cells = std::get_if<RecurrentConfig>(&config.core))
    all["recurrent"] = {{"cell", name_of(cells->cell)}, {"layers", cells->layers}, {"width", cells->width}};
  return all;
}

JoinedPairModel::JoinedPairModel(const JoinedPairConfig& config, tensor::ParameterPlan& plan)
    : config_(config),
      input_map_(
          plan.add(trained_matrix("input.weight", config.width(), config.input_width, 1 / std::sqrt(static_cast<double>(config.input_width))))),
      label_table_(plan.add(trained_matrix("label.weight", config.labels, config.width(), 1 / std::sqrt(static_cast<double>(config.labels))))),
      token_shift_(plan.add({.name = "token.bias", .sizes = {config.width()}})),
      positions_([&]() -> std::optional<PositionEncoding> {
        const auto* decoder = std::get_if<DecoderConfig>(&config.core);
        if (!decoder) return std::nullopt;
        return PositionEncoding(Positions::learned, shape_of(config, *decoder), trained_matrix("position.weight", 0, 0, kPositionDeviation),
                                plan);
      }()),
      core_(core_of(config, plan)),
      head_(config.labels, config.width(), plan) {}

at::Tensor JoinedPairModel::states(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const int64_t replicas = rows.inputs.size(0), batch = rows.inputs.size(1), tokens = config_.pairs + 1;
  const at::Tensor images = tensor::dense(rows.inputs.flatten(1, 2), parameters[input_map_]).view({replicas, batch, tokens, -1});
  const at::Tensor labels = tensor::embed(rows.labels.flatten(1), parameters[label_table_]).view({replicas, batch, config_.pairs, -1});
  // The label of pair i stands in the token of pair i + 1.
  const at::Tensor hidden =
      images + at::constant_pad_nd(labels, {0, 0, 1, 0}) + tensor::plain(parameters[token_shift_]).view({replicas, 1, 1, -1});
  if (const auto* cells = std::get_if<Recurrent>(&core_)) return cells->states(parameters, hidden);
  return std::get<Decoder>(core_).forward(parameters, positions_->placed(parameters, hidden));
}

at::Tensor JoinedPairModel::every_logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  const at::Tensor all = states(parameters, rows);
  return head_.logits(parameters, all.flatten(1, 2)).view({all.size(0), all.size(1), all.size(2), config_.labels});
}

at::Tensor JoinedPairModel::logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const {
  return head_.logits(parameters, states(parameters, rows).select(2, config_.pairs));
}

}  // namespace manabi::model
