// A causal language model as the rooms above see it: rows of tokens in, hidden states out. The unembedding is asked only for what is needed.
//
// Letters: N tokens of all rows together, T tokens of one row, W wanted ones, D width, V vocabulary (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/cache.h"
#include "model/sites/taps.h"
#include "tensor/device.h"
#include "text/tokenizer.h"

namespace manabi::model {

using text::TokenId;

// One row of a packed forward pass.
struct Row {
  std::span<const TokenId> tokens;      // not empty, unless there are states
  std::shared_ptr<const Cache> prefix;  // what stands before the tokens, or null
  std::vector<int64_t> wanted;          // offsets in `tokens`, ascending, whose final hidden state is returned
  bool keeps_cache = false;             // whether this row's keys and values are returned
  at::Tensor states;                    // [T, D], in place of tokens: the stream that enters the pass's first block
};

// How a pass runs. The usual one goes from tokens through all blocks and shows nobody what it passes.
struct Passage {
  int64_t first_layer = 0;     // the block that is computed first: all rows have states (no row then keeps its cache) where it is not 0
  const Taps* taps = nullptr;  // a block with taps is computed part by part; all others take the fused way
};

struct Forward {
  at::Tensor hidden;                                 // [W, D]: the wanted states of all rows in order, after the final norm
  std::vector<std::shared_ptr<const Cache>> caches;  // one per row; null where it was not asked for
};

class TrainableTransformer;
struct FrozenNetwork;

class CausalLM {
 public:
  virtual ~CausalLM() = default;

  // Rows do not see each other: a result does not depend on what else is in the call (within the dtype's rounding).
  // Throws base::Error for a token outside the vocabulary, a row that ends past `context()`, and a passage that the rows do not fit.
  virtual Forward forward(std::span<const Row> rows, const Passage& passage) const = 0;
  Forward forward(std::span<const Row> rows) const { return forward(rows, Passage()); }

  // hidden [W, D] as `forward` returned it; pairs of (row of hidden, token) -> [M] float32, nats over the full vocabulary.
  virtual at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const = 0;
  // The same without the normaliser: comparable between tokens of one row only.
  virtual at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const = 0;
  // All logits [W, V] float32.
  virtual at::Tensor logits(const at::Tensor& hidden) const = 0;

  // The kinds of sites at which taps are called; of a gated MLP or turned queries only where the model has them.
  virtual std::vector<SiteKind> site_kinds() const { return {}; }

  // A copy whose weights and activations have gradients (model/trainable/trainable_transformer.h). Throws base::Error where there is none.
  virtual std::unique_ptr<TrainableTransformer> trainable() const;
  // Its weights as tuning reads them, matrices in `dtype` (model/tuned/frozen_network.h). Throws base::Error where there are none.
  virtual std::shared_ptr<const FrozenNetwork> frozen(at::ScalarType dtype) const;

  // [count, D]: what is added to an embedded token for its position, from `first` on; undefined where positions are told in another way.
  virtual at::Tensor position_rows(int64_t first, int64_t count) const;

  virtual int64_t vocabulary() const = 0;
  virtual int64_t context() const = 0;  // the longest sequence, in tokens
  virtual int64_t layers() const = 0;
  virtual int64_t width() const = 0;
  virtual int64_t parameters() const = 0;
  virtual int64_t cache_bytes_per_token() const = 0;
  virtual tensor::Compute compute() const = 0;
};

}  // namespace manabi::model
