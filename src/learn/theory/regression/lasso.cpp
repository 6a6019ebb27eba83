#include "learn/theory/regression/lasso.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr double kStill = 1e-7;
constexpr int kSweeps = 2000;
constexpr int64_t kRowsTogether = 16;  // of one task of a thread

double shrunk(double value, double by) { return std::copysign(std::max(0.0, std::abs(value) - by), value); }

// Of one row: gram [I, I] and products [I] are means over the examples; weights [I] begin at zero.
void descend(const double* gram, const double* products, double alpha, int64_t width, double* weights) {
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double moved = 0;
    for (int64_t i = 0; i < width; ++i) {
      const double* row = gram + i * width;
      if (row[i] <= 0) continue;
      double left = products[i];
      for (int64_t j = 0; j < width; ++j) left -= j == i ? 0 : row[j] * weights[j];
      const double next = shrunk(left, alpha) / row[i];
      moved = std::max(moved, std::abs(next - weights[i]));
      weights[i] = next;
    }
    if (moved < kStill) return;
  }
}

}  // namespace

Lasso::Lasso(double alpha) : alpha_(alpha) {
  if (!(alpha > 0)) throw base::Error({.where = "lasso", .given = fmt::format("alpha = {}", alpha), .expected = "a positive number"});
}

std::string Lasso::name() const { return fmt::format("lasso {:.3g}", alpha_); }

at::Tensor Lasso::weights_of_some(const Examples& examples) const {
  const int64_t rows = examples.inputs.size(0), width = examples.inputs.size(2);
  const auto count = static_cast<double>(examples.values.size(1));
  const at::Tensor across = examples.inputs.transpose(1, 2);
  const at::Tensor gram = (at::matmul(across, examples.inputs) / count).contiguous();
  const at::Tensor products = (at::matmul(across, examples.values.unsqueeze(2)) / count).contiguous();
  const at::Tensor weights = at::zeros({rows, width}, at::kDouble);
  at::parallel_for(0, rows, kRowsTogether, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      descend(gram.const_data_ptr<double>() + row * width * width, products.const_data_ptr<double>() + row * width, alpha_, width,
              weights.data_ptr<double>() + row * width);
  });
  return weights;
}

}  // namespace manabi::learn
