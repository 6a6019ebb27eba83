// GPT-2 (Radford et al. 2019): pre-normalised blocks with learned positions, biases everywhere and GELU in its tanh form.
//
// Letters: N tokens of all rows together, D width, H heads, E width of a head, F width of the MLP, V vocabulary, P positions.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/causal_lm.h"
#include "model/gpt2/configuration.h"
#include "tensor/device.h"
#include "tensor/linear.h"

namespace manabi::model {

struct Gpt2Norm {
  at::Tensor gain;   // [D]
  at::Tensor shift;  // [D]
};

struct Gpt2Dense {
  tensor::Linear weight;
  at::Tensor bias;

  at::Tensor operator()(const at::Tensor& input) const;
};

struct Gpt2Layer {
  Gpt2Norm attention_norm;
  Gpt2Dense heads;          // [3 H E, D]: queries, keys, values
  Gpt2Dense attention_out;  // [D, H E]
  Gpt2Norm mlp_norm;
  Gpt2Dense up;    // [F, D]
  Gpt2Dense down;  // [D, F]
};

struct Gpt2Weights {
  at::Tensor embedding;  // [V, D]
  at::Tensor positions;  // [P, D]
  std::vector<Gpt2Layer> layers;
  Gpt2Norm final_norm;
  at::Tensor unembedding;  // [V, D]; the embedding itself when tied
};

class Gpt2 : public CausalLM {
 public:
  Gpt2(const Gpt2Configuration& configuration, Gpt2Weights weights, const tensor::Compute& compute);

  Forward forward(std::span<const Row> rows) const override;
  at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits(const at::Tensor& hidden) const override;

  int64_t vocabulary() const override { return configuration_.vocabulary; }
  int64_t context() const override { return configuration_.context; }
  int64_t layers() const override { return configuration_.layers; }
  int64_t width() const override { return configuration_.width; }
  int64_t parameters() const override { return parameters_; }
  int64_t cache_bytes_per_token() const override;
  tensor::Compute compute() const override { return compute_; }

 private:
  at::Tensor normed(const at::Tensor& hidden, const Gpt2Norm& norm) const;

  Gpt2Configuration configuration_;
  Gpt2Weights weights_;
  tensor::Compute compute_;
  int64_t parameters_ = 0;
};

}  // namespace manabi::model
