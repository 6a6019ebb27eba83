// A small GPT on given rows, for tests of training.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/token_network.h"

namespace manabi::test {

// Batches [R, B, T + 1] in turn: every position's next token is its target.
class NextToken final : public learn::Objective {
 public:
  NextToken(const model::TokenNetwork& network, std::vector<at::Tensor> batches) : network_(network), batches_(std::move(batches)) {}

  at::Tensor losses(const tensor::ParameterLeaves& parameters, const learn::BatchShare& share) const override {
    const at::Tensor rows = batches_[static_cast<size_t>(share.step) % batches_.size()]
                                .narrow(0, share.first_replica, share.replicas)
                                .narrow(1, share.first_row, share.rows);
    const int64_t length = rows.size(2) - 1;
    const at::Tensor logits = network_.logits(parameters, rows.narrow(2, 0, length));
    const std::vector<double> weights(static_cast<size_t>(share.replicas), 1.0 / static_cast<double>(share.batch * length));
    return tensor::cross_entropy_(logits, rows.narrow(2, 1, length).flatten(1), weights);
  }

 private:
  const model::TokenNetwork& network_;
  std::vector<at::Tensor> batches_;
};

struct ToyTraining {
  static constexpr int64_t kRows = 6, kLength = 9, kVocabulary = 11;

  // One replica a seed, which draws its parameters and its rows.
  ToyTraining(const std::vector<uint64_t>& seeds, at::TensorOptions compute, learn::TrainerOptions options) {
    const auto replicas = static_cast<int64_t>(seeds.size());
    network = std::make_unique<model::TokenNetwork>(
        model::TokenNetworkConfig{.decoder = {.layers = 2, .width = 16, .heads = 2}, .vocabulary = kVocabulary, .context = kLength}, plan);
    parameters = std::make_unique<tensor::ParameterBuffer>(plan, replicas, compute);
    std::vector<std::vector<at::Tensor>> rows(4);
    for (int64_t replica = 0; replica < replicas; ++replica) {
      const uint64_t seed = seeds[static_cast<size_t>(replica)];
      parameters->initialise(replica, seed);
      base::Rng rng = base::Rng(seed).child("rows");
      for (std::vector<at::Tensor>& batch : rows) {
        batch.push_back(at::empty({kRows, kLength + 1}, at::kLong));
        for (int64_t i = 0; i < batch.back().numel(); ++i)
          batch.back().data_ptr<int64_t>()[i] = static_cast<int64_t>(rng.below(static_cast<uint64_t>(kVocabulary)));
      }
    }
    std::vector<at::Tensor> batches;
    for (const std::vector<at::Tensor>& batch : rows) batches.push_back(at::stack(batch).to(compute.device()));
    objective = std::make_unique<NextToken>(*network, std::move(batches));
    options.batch = kRows;
    if (options.lr.empty()) options.lr.assign(seeds.size(), 3e-3);
    trainer = std::make_unique<learn::Trainer>(*parameters, *objective, options);
  }

  // The losses of one replica over so many steps.
  std::vector<double> losses(int64_t steps, size_t replica) {
    std::vector<double> curve;
    for (int64_t step = 0; step < steps; ++step) curve.push_back(trainer->step()[replica].loss);
    return curve;
  }

  tensor::ParameterPlan plan;
  std::unique_ptr<model::TokenNetwork> network;
  std::unique_ptr<tensor::ParameterBuffer> parameters;
  std::unique_ptr<NextToken> objective;
  std::unique_ptr<learn::Trainer> trainer;
};

}  // namespace manabi::test
