// A transformer whose weights and activations have gradients: the same computation as Transformer, of plain operations that libtorch
// differentiates. For tuning a checkpoint's weights or what goes into it, and for asking how an answer depends on what lies inside.
//
// Letters: N tokens of all rows together, T of one row, D width, H query heads, G key-value heads, E width of a head, F width of the MLP,
// V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "model/sites/site.h"
#include "model/transformer/transformer.h"

namespace manabi::model {

// Every weight by itself, outputs first; biases are undefined where there are none.
struct TrainableLayer {
  struct Dense {
    at::Tensor weight, bias;  // [O, I], [O]
  };
  Norm attention_norm;
  Dense q, k, v;        // [H E, D], [G E, D], [G E, D]
  Dense attention_out;  // [D, H E]
  Norm mlp_norm;
  Dense up;    // [F, D], or [2 F, D]: gate, up
  Dense down;  // [D, F]
};

class TrainableTransformer {
 public:
  // Takes the place of a site's values, whose first axis is the N packed tokens; what it returns is what the pass goes on with. Not called at
  // attn_scores, pattern and result.
  using Edit = std::function<at::Tensor(const Site& site, const at::Tensor& values)>;

  TrainableTransformer(const TransformerShape& shape, const TransformerWeights& weights, std::optional<Rotation> rotation);

  // tokens [N] -> [N, D].
  at::Tensor embed(std::span<const TokenId> tokens) const;
  // stream [N, D]: rows of these lengths one after the other, each from position 0 -> [N, D] after the final norm.
  at::Tensor forward(const at::Tensor& stream, std::span<const int64_t> lengths, const Edit& edit = {}) const;
  at::Tensor logits(const at::Tensor& hidden) const;  // hidden [M, D] -> [M, V]

  // float32 (or the dtype that `to` asked for), without gradients until requires_grad_ is asked of them.
  std::vector<TrainableLayer>& layers() { return layers_; }
  // All matrices and biases anew: normal of this deviation, biases zero; norms become ones and zeros.
  void randomise(base::Rng rng, double deviation = 0.02);
  void to(at::ScalarType dtype);

  // The network as its weights are now, without gradients.
  std::unique_ptr<CausalLM> frozen(const tensor::Compute& compute) const;

 private:
  // Norms as they are applied here, with gradients.
  static at::Tensor normed(const Norm& norm, const at::Tensor& hidden);
  at::Tensor attention(const TrainableLayer& layer, int64_t index, const at::Tensor& input, std::span<const int64_t> lengths,
                       const Rotation::Angles& angles, const Edit& edit) const;
  at::Tensor mlp(const TrainableLayer& layer, int64_t index, const at::Tensor& input, const Edit& edit) const;
  template <class Act>
  void for_each_weight(const Act& act);

  TransformerShape shape_;
  std::optional<Rotation> rotation_;
  at::Tensor embedding_, positions_, unembedding_;
  std::vector<TrainableLayer> layers_;
  Norm final_norm_;
  bool is_tied_ = false;
  int64_t parameters_ = 0;
};

}  // namespace manabi::model
