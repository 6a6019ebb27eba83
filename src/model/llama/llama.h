// The Llama family (Touvron et al. 2023): pre-normalised blocks with rotary grouped-query attention and a gated MLP.
//
// Letters: N tokens of all rows together, D width, H query heads, G key-value heads, E width of a head, F width of the MLP, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/causal_lm.h"
#include "model/llama/configuration.h"
#include "model/llama/rotation.h"
#include "tensor/device.h"
#include "tensor/linear.h"

namespace manabi::model {

// Products that read the same input are one matrix. Only the last layer keeps queries apart: it asks them of fewer tokens than keys.
struct LlamaLayer {
  at::Tensor attention_norm;     // [D]
  tensor::Linear queries;        // [H E, D]; last layer only
  tensor::Linear heads;          // [(H + 2 G) E, D]: queries, keys, values; last layer: [2 G E, D], keys and values
  tensor::Linear attention_out;  // [D, H E]
  at::Tensor mlp_norm;           // [D]
  tensor::Linear gate_up;        // [2 F, D]
  tensor::Linear down;           // [D, F]
};

struct LlamaWeights {
  at::Tensor embedding;  // [V, D]
  std::vector<LlamaLayer> layers;
  at::Tensor final_norm;          // [D]
  at::Tensor unembedding;         // [V, D]; the embedding itself when tied
  at::Tensor frequency_divisors;  // [E/2] float32, or undefined
};

class Llama : public CausalLM {
 public:
  Llama(const LlamaConfiguration& configuration, LlamaWeights weights, const tensor::Compute& compute);

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
  struct Pass;  // the state of one forward pass

  void block(const LlamaLayer& layer, size_t index, Pass& pass) const;
  void last_block(const LlamaLayer& layer, size_t index, Pass& pass) const;
  at::Tensor mlp(const LlamaLayer& layer, const at::Tensor& normed) const;

  LlamaConfiguration configuration_;
  LlamaWeights weights_;
  tensor::Compute compute_;
  Rotation rotation_;
  int64_t parameters_ = 0;
};

}  // namespace manabi::model
