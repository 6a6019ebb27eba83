// Byte-pair encoding on token ids: adjacent symbols are merged, the pair of lowest rank first, the leftmost among equals, until no known pair
// is left.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/tokenizer.h"

namespace manabi::text {

// A merge's rank is its place in the list.
struct Merge {
  TokenId left;
  TokenId right;
  TokenId merged;
};

class Bpe {
 public:
  // When a pair occurs twice the later one counts, as in transformers.
  explicit Bpe(std::span<const Merge> merges);

  // Merges `symbols` in place. O(n log n) in their number.
  void merge(std::vector<TokenId>& symbols) const;

 private:
  struct Slot {
    uint64_t pair;
    int32_t rank;
    TokenId merged;
  };

  const Slot& slot_of(TokenId left, TokenId right) const;
  size_t home_of(uint64_t pair) const;
  void insert(uint64_t pair, int32_t rank, TokenId merged);
  void merge_short(std::vector<TokenId>& symbols) const;
  void merge_long(std::vector<TokenId>& symbols) const;

  std::vector<Slot> slots_;  // open addressing with linear probing; a power of two, at most half full
  int shift_;                // 64 minus the logarithm of their number
};

}  // namespace manabi::text
