// A network of one hidden layer, trained on each row's examples.
#pragma once

#include <cstdint>

#include "learn/theory/regression/regressor.h"

namespace manabi::learn {

struct TwoLayerFitConfig {
  int64_t hidden_width = 100;
  int64_t steps = 100;  // of Adam on all examples
  double rate = 5e-3;
  uint64_t seed = 0;  // of the initial weights, the same for all rows
};

// b2 + v max(0, W x + b1), all uniform over +-1/sqrt(inputs) at first, trained by Adam on the mean squared error (Garg et al. 2022, section 5).
// All rows are trained at once.
class TwoLayerFit final : public Regressor {
 public:
  explicit TwoLayerFit(const TwoLayerFitConfig& config) : config_(config) {}
  std::string name() const override { return "two-layer network by descent"; }

 protected:
  at::Tensor tell_some(const Examples& examples, const at::Tensor& queries) const override;

 private:
  TwoLayerFitConfig config_;
};

}  // namespace manabi::learn
