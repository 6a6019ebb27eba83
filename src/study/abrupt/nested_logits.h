// Three nested logits in place of a network (Reddy 2023, section 5): beta of the previous-token attention, alpha of the content match, xi of the
// readout. In the form that fits every property that the paper states:
//
//   s = e^beta / (e^beta + N - 1),  q = e^(alpha s) / (e^(alpha s) + N - 1)
//   loss = log(e^(xi q) + (N - 1) e^(xi (1 - q) / (N - 1)) + L - N) - xi q
#pragma once

#include <cstdint>

namespace manabi::study::abrupt {

struct NestedLogits {
  double beta = 0.01, alpha = 0.01, xi = 0.01;
};

struct NestedLoss {
  double loss = 0;
  double attention = 0;   // q: on the right label
  NestedLogits gradient;  // of the loss
};

NestedLoss nested_loss(const NestedLogits& at, int64_t pairs, int64_t labels);

// Steps of gradient descent until the attention on the right label exceeds one half, and until the loss is below .02; -1: not within the limit.
struct NestedDescent {
  int64_t steps_to_attend = -1;
  int64_t steps_to_learn = -1;
};

NestedDescent descend_nested(NestedLogits start, int64_t pairs, int64_t labels, double lr, int64_t most_steps);

}  // namespace manabi::study::abrupt
