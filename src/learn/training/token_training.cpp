#include "learn/training/token_training.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr int64_t kJudgedTogether = 32;  // rows of one forward pass

using Worlds = std::span<const std::shared_ptr<const world::TokenWorld>>;

struct TokenBatch {
  at::Tensor ids, targets;  // [R, B, T]
};

TokenBatch draw_tokens(Worlds worlds, int64_t step, int64_t first_row, int64_t rows) {
  const int64_t length = worlds.front()->length();
  const TokenBatch batch = {.ids = at::empty({std::ssize(worlds), rows, length}, at::kLong),
                            .targets = at::empty({std::ssize(worlds), rows, length}, at::kLong)};
  int64_t *id = batch.ids.data_ptr<int64_t>(), *target = batch.targets.data_ptr<int64_t>();
  const auto width = static_cast<size_t>(length);
  for (const auto& world : worlds)
    for (int64_t row = 0; row < rows; ++row, id += length, target += length)
      world->draw(step, first_row + row, {.ids = {id, width}, .targets = {target, width}});
  return batch;
}

// [R]: each replica's part of the mean over `rows` rows of what is asked.
at::Tensor token_losses(const model::TokenNetwork& network, const tensor::ParameterLeaves& parameters, Worlds worlds, const TokenBatch& batch,
                        int64_t rows) {
  const at::Device device = parameters.gradients().device();
  std::vector<double> weights;
  for (const auto& world : worlds) weights.push_back(1.0 / static_cast<double>(rows * world->asked()));
  return tensor::cross_entropy_(network.logits(parameters, batch.ids.to(device)), batch.targets.flatten(1).to(device), weights);
}

}  // namespace

TokenObjective::TokenObjective(const model::TokenNetwork& network, TokenWorlds worlds) : network_(network), worlds_(std::move(worlds)) {
  for (const auto& world : worlds_) {
    const model::TokenNetworkConfig& fits = network.config();
    const int64_t outputs = fits.outputs > 0 ? fits.outputs : fits.vocabulary;
    if (world->length() == worlds_.front()->length() && world->length() <= fits.context && world->vocabulary() <= fits.vocabulary &&
        world->outputs() <= outputs)
      continue;
    throw base::Error(
        {.where = "context, vocabulary",
         .given = fmt::format("rows of {} tokens out of {}, targets out of {}", world->length(), world->vocabulary(), world->outputs()),
         .expected = fmt::format("at most the network's {} out of {}, targets out of {}", fits.context, fits.vocabulary, outputs)});
  }
}

at::Tensor TokenObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const Worlds worlds = Worlds(worlds_).subspan(static_cast<size_t>(share.first_replica), static_cast<size_t>(share.replicas));
  return token_losses(network_, parameters, worlds, draw_tokens(worlds, share.step, share.first_row, share.rows), share.batch);
}

std::vector<double> judge_tokens(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, const TokenWorlds& worlds,
                                 int64_t rows) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters, 0, at::zeros_like(parameters.values()));
  std::vector<double> losses(worlds.size());
  for (int64_t begin = 0; begin < rows; begin += kJudgedTogether) {
    const TokenBatch batch = draw_tokens(worlds, 0, begin, std::min(kJudgedTogether, rows - begin));
    const at::Tensor some = token_losses(network, leaves, worlds, batch, rows).to(at::kCPU, at::kDouble);
    for (size_t replica = 0; replica < losses.size(); ++replica) losses[replica] += some.const_data_ptr<double>()[replica];
  }
  return losses;
}

at::Tensor losses_by_position(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                              const std::shared_ptr<const world::TokenWorld>& world, int64_t rows) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options()));
  at::Tensor sums = at::zeros({world->length()}, at::kDouble);
  for (int64_t begin = 0; begin < rows; begin += kJudgedTogether) {
    const int64_t count = std::min(kJudgedTogether, rows - begin);
    const TokenBatch batch = draw_tokens({&world, 1}, 0, begin, count);
    const at::Tensor scores = network.logits(leaves, batch.ids.to(parameters.values().device()))[0].log_softmax(-1).to(at::kCPU, at::kDouble);
    sums -= scores.gather(1, batch.targets.flatten().unsqueeze(1)).view({count, -1}).sum(0);
  }
  return sums / static_cast<double>(rows);
}

at::Tensor next_token_scores(const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                             std::span<const std::vector<int64_t>> prompts, int64_t threads) {
  const int64_t count = std::ssize(prompts), length = std::ssize(prompts.front());
  const at::Tensor ids = at::empty({1, count, length}, at::kLong);
  for (int64_t prompt = 0; prompt < count; ++prompt)
    std::ranges::copy(prompts[static_cast<size_t>(prompt)], ids.data_ptr<int64_t>() + prompt * length);
  const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options()));
  const int64_t blocks = (count + kJudgedTogether - 1) / kJudgedTogether;
  std::vector<at::Tensor> scores(static_cast<size_t>(blocks));
  const auto score = [&](int64_t block) {
    const c10::NoGradGuard guard;
    const int64_t begin = block * kJudgedTogether;
    const at::Tensor some = ids.narrow(1, begin, std::min(kJudgedTogether, count - begin)).to(parameters.values().device());
    scores[static_cast<size_t>(block)] = network.last_logits(leaves, some)[0].to(at::kCPU, at::kFloat).log_softmax(-1);
  };
  if (!parameters.values().is_cpu()) threads = 1;
  at::parallel_for(0, blocks, std::max<int64_t>(1, (blocks + threads - 1) / threads), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) score(block);
  });
  return at::cat(scores);
}

}  // namespace manabi::learn
