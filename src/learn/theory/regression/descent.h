// Linear regression by steps from weights of zero. Rates multiply sums over the examples, not means.
#pragma once

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

// w <- w - rate sum_i (w x_i - y_i) x_i, `steps` times.
class GradientDescent final : public LinearRegressor {
 public:
  GradientDescent(int64_t steps, double rate) : steps_(steps), rate_(rate) {}
  std::string name() const override;

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  int64_t steps_;
  double rate_;
};

// The same where before every step the inputs are bent by x_j <- x_j - curvature (sum_i x_i x_i) x_j, the query's too: descent on a problem of
// better condition (von Oswald et al. 2023, GD++).
class CurvedDescent final : public Regressor {
 public:
  CurvedDescent(int64_t steps, double rate, double curvature) : steps_(steps), rate_(rate), curvature_(curvature) {}
  std::string name() const override;

 protected:
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const override;

 private:
  int64_t steps_;
  double rate_, curvature_;
};

// Descent with every step multiplied by (X^T X / K + damping 1)^-1, at rate 1 over the mean: one step is Newton's on the damped problem.
class PreconditionedDescent final : public LinearRegressor {
 public:
  PreconditionedDescent(int64_t steps, double rate, double damping) : steps_(steps), rate_(rate), damping_(damping) {}
  std::string name() const override;

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  int64_t steps_;
  double rate_, damping_;
};

// One pass over the examples in their order: w <- w - 2 rate (w x_i - y_i) x_i (Akyürek et al. 2023), gradients cut at +-20.
class OnlineDescent final : public LinearRegressor {
 public:
  explicit OnlineDescent(double rate) : rate_(rate) {}
  std::string name() const override;

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  double rate_;
};

// The inverse of S = X^T X by Newton's iteration M <- 2 M - M S M from M = S / |S|^2 in the largest row sum, then w = M X^T y (Fu, Chen, Jia and
// Sharan 2023): errors square with every step where descent's shrink by a factor.
class NewtonSteps final : public LinearRegressor {
 public:
  explicit NewtonSteps(int64_t steps) : steps_(steps) {}
  std::string name() const override;

 protected:
  at::Tensor weights_of_some(const Examples& examples) const override;

 private:
  int64_t steps_;
};

// The expected half squared error of one step of descent for K examples and a query of I independent numbers with this variance and fourth
// moment, and standard normal weights: quadratic in the rate. (From E |w - rate X^T X w|^2.)
struct OneStepLoss {
  double variance = 1.0 / 12, fourth_moment = 1.0 / 80;
  int64_t examples = 10, input_width = 10;

  double at(double rate) const;
  double best_rate() const;
  // E (X^T X)^2, whose diagonal is this: K (m4 + (I - 1) s^2) + K (K - 1) s^2 with s the variance and m4 the fourth moment.
  double mean_square() const;
};

// The rate of `steps` steps with the least mean squared error on these rows (inputs [B, T, I], values [B, T], the last point asked), by golden
// section over (0, most].
double best_rate(int64_t steps, const at::Tensor& inputs, const at::Tensor& values, double most);

}  // namespace manabi::learn
