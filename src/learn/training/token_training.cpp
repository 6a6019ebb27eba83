#include "learn/training/token_training.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr int64_t kJudgedTogether = 32;  // rows of one forward pass

using Worlds = std::span<const std::shared_ptr<const world::TokenWorld>>;

// [R, B, T + 1]
at::Tensor draw_tokens(Worlds worlds, int64_t step, int64_t first_row, int64_t rows) {
  const int64_t length = worlds.front()->length() + 1;
  const at::Tensor ids = at::empty({std::ssize(worlds), rows, length}, at::kLong);
  int64_t* id = ids.data_ptr<int64_t>();
  for (const auto& world : worlds)
    for (int64_t row = 0; row < rows; ++row, id += length) world->draw(step, first_row + row, {id, static_cast<size_t>(length)});
  return ids;
}

at::Tensor next_token_losses(const model::TokenNetwork& network, const tensor::ParameterLeaves& parameters, const at::Tensor& ids,
                             double weight) {
  const int64_t length = ids.size(2) - 1;
  const at::Tensor on_device = ids.to(parameters.gradients().device());
  const at::Tensor logits = network.logits(parameters, on_device.narrow(2, 0, length));
  const at::Tensor targets = on_device.narrow(2, 1, length).flatten(1);
  return tensor::cross_entropy_(logits, targets, std::vector<double>(static_cast<size_t>(ids.size(0)), weight));
}

}  // namespace

TokenObjective::TokenObjective(const model::TokenNetwork& network, TokenWorlds worlds) : network_(network), worlds_(std::move(worlds)) {
  for (const auto& world : worlds_) {
    if (world->length() == worlds_.front()->length() && world->length() <= network.config().context &&
        world->vocabulary() <= network.config().vocabulary)
      continue;
    throw base::Error({.where = "context, vocabulary",
                       .given = fmt::format("rows of {} tokens out of {}", world->length(), world->vocabulary()),
                       .expected = fmt::format("at most the network's {} out of {}", network.config().context, network.config().vocabulary)});
  }
}

at::Tensor TokenObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const Worlds worlds = Worlds(worlds_).subspan(static_cast<size_t>(share.first_replica), static_cast<size_t>(share.replicas));
  const at::Tensor ids = draw_tokens(worlds, share.step, share.first_row, share.rows);
  return next_token_losses(network_, parameters, ids, 1.0 / static_cast<double>(share.batch * worlds.front()->length()));
}

std::vector<double> judge_tokens(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, const TokenWorlds& worlds,
                                 int64_t rows) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  std::vector<double> losses(worlds.size());
  for (int64_t begin = 0; begin < rows; begin += kJudgedTogether) {
    const at::Tensor ids = draw_tokens(worlds, 0, begin, std::min(kJudgedTogether, rows - begin));
    const at::Tensor some =
        next_token_losses(network, leaves, ids, 1.0 / static_cast<double>(rows * worlds.front()->length())).to(at::kCPU, at::kDouble);
    for (size_t replica = 0; replica < losses.size(); ++replica) losses[replica] += some.const_data_ptr<double>()[replica];
  }
  return losses;
}

}  // namespace manabi::learn
