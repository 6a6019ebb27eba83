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

// Letters: N packed tokens, W wanted states, D width, G key-value heads, E width of a head.
class Packing {
 public:
  // Tokens behind a row's last wanted one are left out unless their keys and values are kept.
  // Throws base::Error for an empty row, a token outside the vocabulary, a wanted offset outside its row or out of order, a row that ends past
  // the context, a prefix that another model made, and rows that do not fit the passage.
  Packing(std::span<const Row> rows, const CausalLM& lm, const Passage& passage = {});

  int64_t size() const { return positions_.size(0); }         // N
  const at::Tensor& tokens() const { return tokens_; }        // [N] int64, where the rows have tokens
  const at::Tensor& states() const { return states_; }        // [N, D], where they have states: a copy; else undefined
  const at::Tensor& positions() const { return positions_; }  // [N] int64, absolute
  const at::Tensor& wanted() const { return wanted_; }        // [W] int64, places among the N

  // Where the computed tokens of a row lie, of the rows that have any, in the order of attention_rows.
  struct Place {
    size_t row = 0;  // of the call
    int64_t begin = 0;
    int64_t length = 0;
    std::span<const int64_t> positions;  // of its tokens, absolute
    std::span<const int64_t> wanted;     // of those wanted among them, absolute
    int64_t first_wanted = 0;            // place of these among the W
  };
  std::vector<Place> places() const;

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
    int64_t first_wanted = -1;  // offset in the row, or -1
    size_t wanted_begin = 0;    // among the W
    size_t wanted_count = 0;
    std::vector<const Cache*> earlier;    // oldest first
    std::shared_ptr<Cache> cache;         // being filled, or null
    std::shared_ptr<const Cache> prefix;  // owns `earlier`
  };

  void add(const Row& row, size_t index, const CausalLM& lm);
  static tensor::AttentionRow attention_row(const PackedRow& row, size_t layer);

  std::vector<PackedRow> rows_;
  std::vector<int64_t> token_list_, position_list_, wanted_list_, wanted_positions_;
  at::Tensor tokens_, states_, positions_, wanted_;
};

}  // namespace manabi::model
