#include "learn/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace manabi::learn {

double factor_at(const Schedule& schedule, int64_t step) {
  const double done = static_cast<double>(step), warm_up = static_cast<double>(schedule.warm_up);
  if (step < schedule.warm_up) return (done + 1) / warm_up;
  const double rest = std::max(1.0, static_cast<double>(schedule.steps) - warm_up);
  const double share = std::clamp((done - warm_up) / rest, 0.0, 1.0);  // of the way from the end of the warm-up to the last step
  switch (schedule.decay) {
    case Decay::constant:
      return 1;
    case Decay::linear:
      return schedule.least + (1 - schedule.least) * (1 - share);
    case Decay::cosine:
      return schedule.least + (1 - schedule.least) * 0.5 * (1 + std::cos(std::numbers::pi * share));
    case Decay::inverse_square_root:
      return std::sqrt(std::max(1.0, warm_up) / (done + 1));
  }
  return 1;
}

std::vector<int64_t> evenly_spaced(int64_t steps, int64_t count) {
  std::vector<int64_t> all;
  for (int64_t i = 1; i <= count; ++i)
    if (const int64_t step = steps * i / count; step > 0 && (all.empty() || all.back() != step)) all.push_back(step);
  return all;
}

}  // namespace manabi::learn
