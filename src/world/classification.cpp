#include "world/classification.h"

#include <vector>

namespace manabi::world {

double macro_f1(std::span<const int64_t> predicted, std::span<const int64_t> actual, int64_t classes) {
  std::vector<double> hits(static_cast<size_t>(classes), 0.0), named(static_cast<size_t>(classes), 0.0);
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto guess = static_cast<size_t>(predicted[i]), truth = static_cast<size_t>(actual[i]);
    ++named[guess];
    ++named[truth];
    if (guess == truth) ++hits[truth];
  }
  double sum = 0, present = 0;
  for (size_t label = 0; label < hits.size(); ++label) {
    if (named[label] == 0) continue;
    sum += 2 * hits[label] / named[label];
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

}  // namespace manabi::world
