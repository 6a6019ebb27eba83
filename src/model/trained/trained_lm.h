// A network that was trained here and is no GPT-2, as a causal language model: the training network itself answers. Its cache keeps the tokens
// of a prefix, which are computed again each time; these models are small.
#pragma once

#include "model/causal_lm.h"
#include "model/network/token_network.h"

namespace manabi::model {

class TrainedLm final : public CausalLM {
 public:
  // The parameters are one replica's.
  TrainedLm(const TokenNetworkConfig& config, const tensor::Compute& compute);

  // To be filled before the first row is read.
  const tensor::ParameterBuffer& parameters_to_fill() { return parameters_; }

  Forward forward(std::span<const Row> rows) const override;
  at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits(const at::Tensor& hidden) const override;

  int64_t vocabulary() const override { return network_.config().vocabulary; }
  int64_t context() const override { return network_.config().context; }
  int64_t layers() const override { return network_.config().decoder.layers; }
  int64_t width() const override { return network_.config().decoder.width; }
  int64_t parameters() const override { return parameters_.parameter_count(); }
  int64_t cache_bytes_per_token() const override { return sizeof(TokenId); }
  tensor::Compute compute() const override { return compute_; }

 private:
  at::Tensor head() const { return network_.head(leaves_).select(0, 0); }  // [V, D]

  tensor::Compute compute_;
  tensor::ParameterPlan plan_;
  TokenNetwork network_;
  tensor::ParameterBuffer parameters_;
  tensor::ParameterLeaves leaves_;
};

}  // namespace manabi::model
