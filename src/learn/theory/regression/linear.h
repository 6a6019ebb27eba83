// Linear regression in closed form.
#pragma once

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

// w = (1/K) sum_i y_i x_i: what is right for standard normal inputs of many dimensions.
class Averaging final : public LinearRegressor {
 public:
  std::string name() const override { return "averaging"; }

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;
};

// argmin |X w - y|, and of all such w the shortest: where the examples are too few, or depend on each other (singular values below 1e-12 of the
// largest count as zero), what they do not fix is zero.
class LeastSquares final : public LinearRegressor {
 public:
  std::string name() const override { return "least squares"; }

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;
};

// (X^T X + lambda 1)^-1 X^T y. The mean of the exact posterior when weights are normal with deviation tau, noise is normal with deviation sigma
// and lambda = sigma^2 / tau^2: then no learner has a smaller expected squared error.
class Ridge final : public LinearRegressor {
 public:
  // Throws base::Error for a lambda that is not positive: that is least squares.
  explicit Ridge(double lambda);
  std::string name() const override;
  double lambda() const { return lambda_; }

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  double lambda_;
};

// The optimum for normal weights (deviation tau) and normal noise (deviation sigma): ridge, or least squares where there is no noise.
std::shared_ptr<const LinearRegressor> bayes_for_linear(double noise, double deviation);

}  // namespace manabi::learn
