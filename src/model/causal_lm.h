// A causal language model as the rooms above see it: rows of tokens in, hidden states out. The unembedding is asked only for what is needed.
//
// Letters: N tokens of all rows together, D width, V vocabulary (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/attention.h"
#include "tensor/device.h"
#include "text/tokenizer.h"

namespace manabi::model {

using text::TokenId;

// Keys and values of one run of positions. A chain of caches (parent before child) is a prefix; many rows and longer prefixes may share one.
// Immutable once made.
class Cache {
 public:
  std::shared_ptr<const Cache> parent;      // the positions before, or null
  int64_t begin = 0;                        // absolute position of this run's first token
  int64_t length = 0;                       // tokens of this run alone
  std::vector<tensor::KeyValueRun> layers;  // one per layer, [length, G, E]
  int64_t end() const { return begin + length; }
};

// One row of a packed forward pass.
struct Row {
  std::span<const TokenId> tokens;      // not empty
  std::shared_ptr<const Cache> prefix;  // what stands before the tokens, or null
  std::vector<int64_t> wanted;          // offsets in `tokens`, ascending, whose final hidden state is returned
  bool keeps_cache = false;             // whether this row's keys and values are returned
};

struct Forward {
  at::Tensor hidden;                                 // [W, D]: the wanted states of all rows in order, after the final norm
  std::vector<std::shared_ptr<const Cache>> caches;  // one per row; null where it was not asked for
};

class CausalLM {
 public:
  virtual ~CausalLM() = default;

  // Rows do not see each other: a result does not depend on what else is in the call (within the dtype's rounding).
  // Throws base::Error for a token outside the vocabulary or a row that ends past `context()`.
  virtual Forward forward(std::span<const Row> rows) const = 0;

  // hidden [W, D] as `forward` returned it; pairs of (row of hidden, token) -> [M] float32, nats over the full vocabulary.
  virtual at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const = 0;
  // The same without the normaliser: comparable between tokens of one row only.
  virtual at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const = 0;
  // All logits [W, V] float32.
  virtual at::Tensor logits(const at::Tensor& hidden) const = 0;

  virtual int64_t vocabulary() const = 0;
  virtual int64_t context() const = 0;  // the longest sequence, in tokens
  virtual int64_t layers() const = 0;
  virtual int64_t width() const = 0;
  virtual int64_t parameters() const = 0;
  virtual int64_t cache_bytes_per_token() const = 0;
  virtual tensor::Compute compute() const = 0;
};

}  // namespace manabi::model
