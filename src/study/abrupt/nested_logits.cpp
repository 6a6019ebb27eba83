#include "study/abrupt/nested_logits.h"

#include <cmath>

namespace manabi::study::abrupt {

NestedLoss nested_loss(const NestedLogits& at, int64_t pairs, int64_t labels) {
  const double others = static_cast<double>(pairs - 1), rest = static_cast<double>(labels - pairs);
  const double s = std::exp(at.beta) / (std::exp(at.beta) + others);
  const double q = std::exp(at.alpha * s) / (std::exp(at.alpha * s) + others);
  const double right = std::exp(at.xi * q), wrong = std::exp(at.xi * (1 - q) / others);
  const double total = right + others * wrong + rest;
  // d loss / d q and d loss / d xi; then along q(alpha s) and s(beta), whose slopes are those of a logistic function.
  const double loss_by_q = at.xi * (right - wrong) / total - at.xi;
  const double loss_by_xi = (q * right + (1 - q) * wrong) / total - q;
  const double loss_by_match = loss_by_q * q * (1 - q);
  return {.loss = std::log(total) - at.xi * q,
          .attention = q,
          .gradient = {.beta = loss_by_match * at.alpha * s * (1 - s), .alpha = loss_by_match * s, .xi = loss_by_xi}};
}

NestedDescent descend_nested(NestedLogits at, int64_t pairs, int64_t labels, double lr, int64_t most_steps) {
  constexpr double kLearned = 0.02;
  NestedDescent result;
  for (int64_t step = 0; step < most_steps; ++step) {
    const NestedLoss now = nested_loss(at, pairs, labels);
    if (now.attention > 0.5 && result.steps_to_attend < 0) result.steps_to_attend = step;
    if (now.loss < kLearned) {
      result.steps_to_learn = step;
      break;
    }
    at.beta -= lr * now.gradient.beta;
    at.alpha -= lr * now.gradient.alpha;
    at.xi -= lr * now.gradient.xi;
  }
  return result;
}

}  // namespace manabi::study::abrupt
