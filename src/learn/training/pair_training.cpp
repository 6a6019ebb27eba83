#include "learn/training/pair_training.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::learn {
namespace {

constexpr int64_t kJudgedTogether = 256;  // rows of one forward pass

std::string text_of(const world::PairShape& shape) {
  return fmt::format("{} pairs of {} numbers with {} labels", shape.pairs, shape.input_width, shape.labels);
}

// Adds the rows of one replica. logits [B, C], labels [B, K], targets [B].
void score_rows(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& targets, PairScores& scores) {
  const at::Tensor losses = -logits.log_softmax(-1).gather(1, targets.unsqueeze(1));
  scores.cross_entropy += losses.sum().item<double>();
  const at::Tensor best = logits.argmax(-1).contiguous();
  const int64_t rows = logits.size(0), pairs = labels.size(1), classes = logits.size(1);
  const float* logit = logits.const_data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row, logit += classes) {
    const int64_t* context = labels.const_data_ptr<int64_t>() + row * pairs;
    const int64_t chosen = best.const_data_ptr<int64_t>()[row], target = targets.const_data_ptr<int64_t>()[row];
    const int64_t likeliest =
        *std::max_element(context, context + pairs, [&](int64_t left, int64_t right) { return logit[left] < logit[right]; });
    scores.error += chosen != target;
    scores.context_error += likeliest != target;
    scores.from_context += std::find(context, context + pairs, chosen) != context + pairs;
  }
  scores.rows += rows;
}

void average(PairScores& scores) {
  const auto count = static_cast<double>(scores.rows);
  for (double* sum : {&scores.error, &scores.cross_entropy, &scores.context_error, &scores.from_context}) *sum /= count;
}

void require_fit(const model::PairModel& model, const PairWorlds& worlds) {
  const world::PairShape expected = {.pairs = model.pairs(), .input_width = model.input_width(), .labels = model.labels()};
  for (const auto& world : worlds)
    if (world->shape() != expected)
      throw base::Error({.given = "a world of " + text_of(world->shape()), .expected = "the model's " + text_of(expected)});
}

// The labels of all items, [R, B, K + 1].
at::Tensor every_label(const PairBatch& batch) { return at::cat({batch.rows.labels, batch.targets.unsqueeze(2)}, 2); }

}  // namespace

PairBatch draw_pairs(std::span<const std::shared_ptr<const world::PairWorld>> worlds, int64_t step, int64_t first_row, int64_t rows) {
  const world::PairShape shape = worlds.front()->shape();
  const auto replicas = static_cast<int64_t>(worlds.size());
  const at::Tensor inputs = at::empty({replicas, rows, shape.pairs + 1, shape.input_width}, at::kFloat);
  const at::Tensor labels = at::empty({replicas, rows, shape.pairs + 1}, at::kLong);
  const at::Tensor offsets = at::empty({replicas, rows}, at::kLong);
  int64_t* offset = offsets.data_ptr<int64_t>();
  const size_t input_count = static_cast<size_t>(inputs.stride(1)), label_count = static_cast<size_t>(labels.stride(1));
  for (int64_t replica = 0; replica < replicas; ++replica) {
    float* input = inputs.data_ptr<float>() + replica * inputs.stride(0);
    int64_t* label = labels.data_ptr<int64_t>() + replica * labels.stride(0);
    const world::PairWorld& world = *worlds[static_cast<size_t>(replica)];
    for (int64_t row = 0; row < rows; ++row, input += input_count, label += label_count) {
      world.draw(step, first_row + row, {.inputs = {input, input_count}, .labels = {label, label_count}});
      *offset++ = world.offset(step, first_row + row);
    }
  }
  return {.rows = {.inputs = inputs, .labels = labels.narrow(2, 0, shape.pairs).contiguous(), .offsets = offsets},
          .targets = labels.select(2, shape.pairs).contiguous()};
}

PairBatch PairBatch::to(at::TensorOptions options) const {
  const at::Device device = options.device();
  return {.rows = {.inputs = rows.inputs.to(options), .labels = rows.labels.to(device), .offsets = rows.offsets.to(device)},
          .targets = targets.to(device)};
}

PairObjective::PairObjective(const model::PairModel& model, PairWorlds worlds, at::TensorOptions options)
    : model_(model), worlds_(std::move(worlds)), options_(options) {
  require_fit(model, worlds_);
}

at::Tensor PairObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const auto worlds = std::span(worlds_).subspan(static_cast<size_t>(share.first_replica), static_cast<size_t>(share.replicas));
  const PairBatch batch = draw_pairs(worlds, share.step, share.first_row, share.rows).to(options_);
  const at::Tensor logits = model_.logits(parameters, batch.rows);
  const std::vector<double> weights(worlds.size(), 1.0 / static_cast<double>(share.batch));
  return tensor::cross_entropy_(logits, batch.targets, weights);
}

EveryPairObjective::EveryPairObjective(const model::EveryPairModel& model, PairWorlds worlds, at::TensorOptions options)
    : model_(model), worlds_(std::move(worlds)), options_(options) {
  require_fit(model, worlds_);
}

at::Tensor EveryPairObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const auto worlds = std::span(worlds_).subspan(static_cast<size_t>(share.first_replica), static_cast<size_t>(share.replicas));
  const PairBatch batch = draw_pairs(worlds, share.step, share.first_row, share.rows).to(options_);
  const at::Tensor logits = model_.every_logits(parameters, batch.rows).flatten(1, 2);
  const std::vector<double> weights(worlds.size(), 1.0 / static_cast<double>(share.batch * (model_.pairs() + 1)));
  return tensor::cross_entropy_(logits, every_label(batch).flatten(1), weights);
}

std::vector<std::vector<double>> judge_every_pair(const model::EveryPairModel& model, const tensor::ParameterBuffer& parameters,
                                                  const PairWorlds& worlds, int64_t rows) {
  const c10::NoGradGuard guard;
  std::vector<std::vector<double>> accuracies;
  for (int64_t replica = 0; replica < std::ssize(worlds); ++replica) {
    const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options()));
    at::Tensor right = at::zeros({model.pairs() + 1}, at::kDouble);
    for (int64_t begin = 0; begin < rows; begin += kJudgedTogether) {
      const PairBatch batch = draw_pairs({&worlds[static_cast<size_t>(replica)], 1}, 0, begin, std::min(kJudgedTogether, rows - begin));
      const at::Tensor chosen = model.every_logits(leaves, batch.to(parameters.values().options()).rows)[0].argmax(-1).to(at::kCPU);
      right += chosen.eq(every_label(batch)[0]).to(at::kDouble).sum(0);
    }
    right /= static_cast<double>(rows);
    accuracies.emplace_back(right.const_data_ptr<double>(), right.const_data_ptr<double>() + right.numel());
  }
  return accuracies;
}

std::vector<PairScores> judge_pairs(const model::PairModel& model, const tensor::ParameterBuffer& parameters, const PairWorlds& worlds,
                                    int64_t rows, int64_t threads) {
  std::vector<PairScores> scores(worlds.size());
  const auto replicas = static_cast<int64_t>(worlds.size());
  const auto judge = [&](int64_t replica) {
    const c10::NoGradGuard guard;
    const tensor::ParameterLeaves leaves(parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options()));
    for (int64_t begin = 0; begin < rows; begin += kJudgedTogether) {
      const PairBatch batch = draw_pairs({&worlds[static_cast<size_t>(replica)], 1}, 0, begin, std::min(kJudgedTogether, rows - begin));
      const at::Tensor logits = model.logits(leaves, batch.to(parameters.values().options()).rows);
      score_rows(logits[0].to(at::kCPU, at::kFloat).contiguous(), batch.rows.labels[0], batch.targets[0], scores[static_cast<size_t>(replica)]);
    }
    average(scores[static_cast<size_t>(replica)]);
  };
  if (!parameters.values().is_cpu()) threads = 1;
  at::parallel_for(0, replicas, std::max<int64_t>(1, (replicas + threads - 1) / threads), [&](int64_t begin, int64_t end) {
    for (int64_t replica = begin; replica < end; ++replica) judge(replica);
  });
  return scores;
}

}  // namespace manabi::learn
