// Linear regression that prefers few weights.
#pragma once

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

// argmin |X w - y|^2 / (2 K) + alpha |w|_1 by coordinate descent (Friedman, Hastie and Tibshirani 2010), until no weight moves by more than 1e-7
// in a sweep, or after 2,000 sweeps.
class Lasso final : public LinearRegressor {
 public:
  // Throws base::Error for an alpha that is not positive.
  explicit Lasso(double alpha);
  std::string name() const override;

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  double alpha_;
};

}  // namespace manabi::learn
