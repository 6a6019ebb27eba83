#include "learn/theory/regression/tree.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr int64_t kRowsTogether = 8;  // of one task of a thread

struct RowExamples {
  const double* inputs;  // [K, I]
  const double* values;  // [K]
  int64_t width;

  double number(int64_t example, int64_t which) const { return inputs[example * width + which]; }
};

struct Cut {
  int64_t number = -1;  // of the input; -1: none
  double threshold = 0;
  double error = 0;  // what it leaves: the sum of squares about the two means, less the sum of all squares
};

// The best threshold on one number of these examples: the sums over both sides decide.
void improve(const RowExamples& row, int64_t number, std::vector<int64_t>& order, double total, Cut& best) {
  std::ranges::sort(order, {}, [&](int64_t example) { return row.number(example, number); });
  double left = 0;
  const auto count = std::ssize(order);
  for (int64_t i = 0; i + 1 < count; ++i) {
    left += row.values[order[static_cast<size_t>(i)]];
    const double here = row.number(order[static_cast<size_t>(i)], number), next = row.number(order[static_cast<size_t>(i) + 1], number);
    if (here == next) continue;
    const double right = total - left;
    const double error = -left * left / static_cast<double>(i + 1) - right * right / static_cast<double>(count - i - 1);
    if (best.number < 0 || error < best.error) best = {.number = number, .threshold = here + (next - here) / 2, .error = error};
  }
}

// Only the branch that the query takes is grown.
double told(const RowExamples& row, const double* query, std::vector<int64_t> examples, int64_t depth) {
  double total = 0;
  for (const int64_t example : examples) total += row.values[example];
  const double mean = total / static_cast<double>(examples.size());
  const bool are_equal = std::ranges::all_of(examples, [&](int64_t example) { return row.values[example] == row.values[examples.front()]; });
  if (depth == 0 || are_equal) return mean;
  Cut best;
  for (int64_t number = 0; number < row.width; ++number) improve(row, number, examples, total, best);
  if (best.number < 0) return mean;
  const bool is_left = query[best.number] <= best.threshold;
  std::erase_if(examples, [&](int64_t example) { return (row.number(example, best.number) <= best.threshold) != is_left; });
  return told(row, query, std::move(examples), depth - 1);
}

}  // namespace

GreedyTree::GreedyTree(int64_t depth) : depth_(depth) {
  if (depth < 1) throw base::Error({.where = "greedy tree", .given = fmt::format("a depth of {}", depth), .expected = "at least 1"});
}

std::string GreedyTree::name() const { return fmt::format("greedy tree of depth {}", depth_); }

at::Tensor GreedyTree::tell_some(const Examples& examples, const at::Tensor& given) const {
  const at::Tensor inputs = examples.inputs.contiguous(), values = examples.values.contiguous(), queries = given.contiguous();
  const int64_t rows = inputs.size(0), count = inputs.size(1), width = inputs.size(2), asked = queries.size(1);
  const at::Tensor answers = at::empty({rows, asked}, at::kDouble);
  std::vector<int64_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), int64_t{0});
  at::parallel_for(0, rows, kRowsTogether, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const RowExamples shown = {inputs.const_data_ptr<double>() + row * count * width, values.const_data_ptr<double>() + row * count, width};
      for (int64_t query = 0; query < asked; ++query)
        answers.data_ptr<double>()[row * asked + query] =
            told(shown, queries.const_data_ptr<double>() + (row * asked + query) * width, all, depth_);
    }
  });
  return answers;
}

}  // namespace manabi::learn
