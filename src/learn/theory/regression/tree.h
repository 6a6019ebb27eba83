// Regression trees, grown greedily on each row's examples.
#pragma once

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

// At each node the cut (a number of the input, a threshold midway between two examples) that leaves the least squared error; leaves tell their
// mean (Breiman, Friedman, Olshen and Stone 1984). A node of equal values, or at `depth`, is a leaf.
class GreedyTree final : public Regressor {
 public:
  // Throws base::Error for a depth below one.
  explicit GreedyTree(int64_t depth);
  std::string name() const override;

 protected:
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const override;

 private:
  int64_t depth_;
};

}  // namespace manabi::learn
