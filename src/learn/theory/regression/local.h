// Learners that look at how near an example lies.
#pragma once

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

enum class NeighbourWeights { uniform, inverse_square };  // of the distance

// The mean of the values of the nearest examples, of all where there are fewer.
class NearestNeighbours final : public Regressor {
 public:
  // Throws base::Error for fewer than one neighbour.
  explicit NearestNeighbours(int64_t neighbours, NeighbourWeights weights = NeighbourWeights::uniform);
  std::string name() const override;

 protected:
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const override;

 private:
  int64_t neighbours_;
  NeighbourWeights weights_;
};

// The mean of all values, weighed by exp(-|x_i - x|^2 / (2 bandwidth^2)) (Nadaraya and Watson 1964).
class KernelSmoother final : public Regressor {
 public:
  // Throws base::Error for a bandwidth that is not positive.
  explicit KernelSmoother(double bandwidth);
  std::string name() const override;

 protected:
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const override;

 private:
  double bandwidth_;
};

}  // namespace manabi::learn
