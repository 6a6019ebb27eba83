// Learners that theory gives for real functions: each tells the value at a query from a row's examples alone, many rows at once.
//
// Letters: B rows, K examples, Q queries, I numbers of an input (docs/notation.md). Everything is float64 on the CPU, whatever it is given in.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace manabi::learn {

struct Examples {
  at::Tensor inputs;  // [B, K, I]
  at::Tensor values;  // [B, K]
};

class Regressor {
 public:
  virtual ~Regressor() = default;
  virtual std::string name() const = 0;  // as tables and figures call it
  // queries [B, Q, I] -> [B, Q]. Zero where there are no examples, unless a learner says otherwise.
  at::Tensor tell(const Examples& examples, const at::Tensor& queries) const;

 protected:
  // The same from at least one example, of float64.
  virtual at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const = 0;
};

// A learner that has weights: what it tells is w x.
class LinearRegressor : public Regressor {
 public:
  at::Tensor weights(const Examples& examples) const;  // [B, I]; zero without examples

 protected:
  virtual at::Tensor weights_of_some(const Examples& examples) const = 0;
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const final;
};

using Regressors = std::vector<std::shared_ptr<const Regressor>>;

// What a learner tells of each point of rows (inputs [B, T, I], values [B, T]) from the points before it: [B, T].
at::Tensor tell_every(const Regressor& regressor, const at::Tensor& inputs, const at::Tensor& values);
// The same of some points, ascending: [B, size].
at::Tensor tell_at(const Regressor& regressor, const at::Tensor& inputs, const at::Tensor& values, const std::vector<int64_t>& points);

}  // namespace manabi::learn
