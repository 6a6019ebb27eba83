// Keys and values of positions that were computed before.
//
// Letters: T positions of one run, G key-value heads, E width of a head.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tensor/attention.h"

namespace manabi::model {

// Keys and values of one run of positions. A chain of caches (parent before child) is a prefix; many rows and longer prefixes may share one.
// Immutable once made.
class Cache {
 public:
  std::shared_ptr<const Cache> parent;      // the positions before, or null
  int64_t begin = 0;                        // absolute position of this run's first token
  int64_t length = 0;                       // tokens of this run alone
  std::vector<tensor::KeyValueRun> layers;  // one per layer, [T, G, E]
  int64_t end() const { return begin + length; }
};

// The first `end` positions of a prefix, sharing its memory; null where end is 0. Throws base::Error where the prefix has fewer.
std::shared_ptr<const Cache> first_positions(const std::shared_ptr<const Cache>& prefix, int64_t end);

}  // namespace manabi::model
