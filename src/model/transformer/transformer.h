// The forward pass of all families: pre-normalised Llamas and GPT-2s, and the networks that are trained here. A family describes its shape and
// names its weights; what is computed stands here alone.
//
// Letters: N tokens of all rows together, W wanted ones, D width, H query heads, G key-value heads, E width of a head, F width of the MLP,
// V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/causal_lm.h"
#include "model/transformer/rotation.h"
#include "model/transformer/shape.h"
#include "model/transformer/weights.h"
#include "tensor/device.h"

namespace manabi::model {

class Transformer : public CausalLM {
 public:
  Transformer(const TransformerShape& shape, TransformerWeights weights, std::optional<Rotation> rotation, const tensor::Compute& compute);

  using CausalLM::forward;
  Forward forward(std::span<const Row> rows, const Passage& passage) const override;
  at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const override;
  at::Tensor logits(const at::Tensor& hidden) const override;
  std::vector<SiteKind> site_kinds() const override;
  std::unique_ptr<TrainableTransformer> trainable() const override;
  std::shared_ptr<const FrozenNetwork> frozen(at::ScalarType dtype) const override;
  at::Tensor position_rows(int64_t first, int64_t count) const override;

  int64_t vocabulary() const override { return shape_.vocabulary; }
  int64_t context() const override { return shape_.context; }
  int64_t layers() const override { return std::ssize(weights_.layers); }
  int64_t width() const override { return shape_.width; }
  int64_t parameters() const override { return weights_.parameters; }
  int64_t cache_bytes_per_token() const override;
  tensor::Compute compute() const override { return compute_; }

  const TransformerShape& shape() const { return shape_; }
  const TransformerWeights& weights() const { return weights_; }
  // The same network with other weights; what is the same in both shares its memory.
  std::unique_ptr<Transformer> with(TransformerWeights weights) const {
    return std::make_unique<Transformer>(shape_, std::move(weights), rotation_, compute_);
  }

 private:
  struct Pass;   // the state of one forward pass
  struct Heads;  // of some tokens

  at::Tensor first_states(const Passage& passage, const Pass& pass) const;
  Heads heads_of(const TransformerLayer& layer, const at::Tensor& input) const;
  void turn(at::Tensor heads, const at::Tensor& places, const Pass& pass) const;
  at::Tensor mlp(const TransformerLayer& layer, const at::Tensor& input) const;

  void block(size_t index, Pass& pass) const;
  // As `block`, but nobody reads its output except where it is wanted: all tokens get keys and values, only the wanted ones the rest.
  void wanted_block(size_t index, Pass& pass) const;
  // As `block`, part by part, with the taps called at every site.
  void shown_block(size_t index, Pass& pass) const;
  at::Tensor shown_attention(size_t index, Pass& pass, const Heads& heads) const;
  at::Tensor shown_attention_out(size_t index, Pass& pass, const at::Tensor& mixed) const;
  at::Tensor shown_mlp(size_t index, Pass& pass, const at::Tensor& input) const;

  TransformerShape shape_;
  TransformerWeights weights_;
  std::optional<Rotation> rotation_;
  tensor::Compute compute_;
};

}  // namespace manabi::model
