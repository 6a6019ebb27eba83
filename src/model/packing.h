// Rows of tokens laid behind one another as one batch of N tokens, with what the blocks of any family ask about them: tokens, positions, which
// earlier keys and values each row sees, which states are wanted, which caches to keep.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "model/causal_lm.h"
#include "tensor/attention.h"

namespace manabi::model {

// Letters: N packed tokens, W wanted states, G key-value heads, E width of a head.
class Packing {
 public:
  // Tokens behind a row's last wanted one are left out unless their keys and values are kept.
  // Throws base::Error for an empty row, a token outside the vocabulary, a wanted offset outside its row or out of order, a row that ends past
  // the context, and a prefix that another model made.
  Packing(std::span<const Row> rows, const CausalLM& lm);

  int64_t size() const { return tokens_.size(0); }            // N
  const at::Tensor& tokens() const { return tokens_; }        // [N] int64
  const at::Tensor& positions() const { return positions_; }  // [N] int64, absolute
  const at::Tensor& wanted() const { return wanted_; }        // [W] int64, places among the N

  // The rows as attention takes them in `layer`. wanted_attention_rows has only the rows with wanted states, from the first of these on.
  std::vector<tensor::AttentionRow> attention_rows(size_t layer) const;
  std::vector<tensor::AttentionRow> wanted_attention_rows(size_t layer) const;

  // Copies the keys and values [N, G, E] of a layer's kept rows into their caches. Called once a layer, in order.
  void keep(const at::Tensor& keys, const at::Tensor& values);
  std::vector<std::shared_ptr<const Cache>> take_caches();

 private:
  struct PackedRow {
    int64_t begin = 0;
    int64_t length = 0;
    int64_t first_wanted = -1;            // offset in the row, or -1
    std::vector<const Cache*> earlier;    // oldest first
    std::shared_ptr<Cache> cache;         // being filled, or null
    std::shared_ptr<const Cache> prefix;  // owns `earlier`
  };

  static tensor::AttentionRow attention_row(const PackedRow& row, size_t layer);

  std::vector<PackedRow> rows_;
  at::Tensor tokens_, positions_, wanted_;
};

}  // namespace manabi::model
