#include "study/dual_form/similarity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace manabi::study::dual_form {
namespace {

at::Tensor unit(const at::Tensor& values) { return values / values.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12); }

at::Tensor uniform_like(const at::Tensor& like, base::Rng& rng) {
  at::Tensor values = at::empty(like.sizes(), at::kFloat);
  float* next = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) next[i] = static_cast<float>(rng.uniform());
  return values;
}

// Pairs i < j with values[i] > values[j]; sorts the values.
int64_t inversions(std::span<float> values, std::vector<float>& spare) {
  if (values.size() < 2) return 0;
  const size_t middle = values.size() / 2;
  int64_t count = inversions(values.first(middle), spare) + inversions(values.subspan(middle), spare);
  size_t left = 0, right = middle;
  spare.clear();
  while (left < middle || right < values.size()) {
    if (right == values.size() || (left < middle && values[left] <= values[right])) {
      spare.push_back(values[left++]);
    } else {
      count += static_cast<int64_t>(middle - left);
      spare.push_back(values[right++]);
    }
  }
  std::ranges::copy(spare, values.begin());
  return count;
}

// Pairs of equal numbers in runs of `same`.
template <class Same>
int64_t tied_pairs(size_t count, const Same& same) {
  int64_t pairs = 0, run = 1;
  for (size_t i = 1; i <= count; ++i) {
    if (i < count && same(i - 1, i)) {
      ++run;
    } else {
      pairs += run * (run - 1) / 2;
      run = 1;
    }
  }
  return pairs;
}

// The weights that one head of one query gives the counted tokens, [S'] each.
using WeightsOf = std::function<at::Tensor(int64_t query, int64_t layer)>;  // [H, S]

MemorySimilarity compare_weights(int64_t queries, int64_t layers, const TrainingTokens& training, const WeightsOf& left,
                                 const WeightsOf& right) {
  const at::Tensor counted = at::tensor(training.counted, at::kLong);
  const at::Tensor owner = [&] {
    std::vector<int64_t> owners;
    for (const int64_t place : training.counted)
      owners.push_back(std::ranges::upper_bound(training.begins, place) - training.begins.begin() - 1);
    return at::tensor(owners, at::kLong);
  }();
  const auto demonstrations = std::ssize(training.begins);
  MemorySimilarity similarity{.tokens = at::zeros({queries, layers}, at::kDouble), .examples = at::zeros({queries, layers}, at::kDouble)};
  const auto mean_tau = [](const at::Tensor& a, const at::Tensor& b) {
    double sum = 0;
    for (int64_t head = 0; head < a.size(0); ++head) {
      const auto row = [&](const at::Tensor& of) {
        return std::span(of.const_data_ptr<float>() + head * of.size(1), static_cast<size_t>(of.size(1)));
      };
      sum += kendall_tau(row(a), row(b));
    }
    return sum / static_cast<double>(a.size(0));
  };
  for (int64_t query = 0; query < queries; ++query) {
    for (int64_t layer = 0; layer < layers; ++layer) {
      const at::Tensor a = left(query, layer).index_select(1, counted).contiguous(),
                       b = right(query, layer).index_select(1, counted).contiguous();
      similarity.tokens[query][layer] = mean_tau(a, b);
      const auto by_example = [&](const at::Tensor& of) { return at::zeros({of.size(0), demonstrations}, at::kFloat).index_add_(1, owner, of); };
      similarity.examples[query][layer] = mean_tau(by_example(a), by_example(b));
    }
  }
  return similarity;
}

// Attention to the demonstrations' tokens, as shares of all that is paid to them.
WeightsOf attention_of(const Readings& shown, int64_t tokens) {
  return [&shown, tokens](int64_t query, int64_t layer) {
    return shown.scores[static_cast<size_t>(query)][layer].narrow(1, 0, tokens).softmax(-1);
  };
}

}  // namespace

at::Tensor update_similarity(const at::Tensor& plain, const at::Tensor& shown, const at::Tensor& tuned) {
  const at::Tensor from = unit(plain);
  return at::cosine_similarity(unit(shown) - from, unit(tuned) - from, -1);
}

at::Tensor update_similarity_to_noise(const at::Tensor& plain, const at::Tensor& shown, base::Rng rng) {
  return at::cosine_similarity(unit(shown) - unit(plain), uniform_like(plain, rng), -1);
}

at::Tensor map_similarity(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right) {
  std::vector<at::Tensor> similarities;
  for (size_t query = 0; query < left.size(); ++query) {
    const int64_t own = std::min(left[query].size(-1), right[query].size(-1));
    const auto own_part = [&](const at::Tensor& scores) { return scores.narrow(-1, scores.size(-1) - own, own); };
    similarities.push_back(at::cosine_similarity(own_part(left[query]), own_part(right[query]), -1).mean(-1));
  }
  return at::stack(similarities);
}

MemorySimilarity memory_similarity(const Readings& shown, const Readings& tuned, const TrainingTokens& training) {
  const auto remembered = [&](int64_t query, int64_t layer) {
    const at::Tensor own = tuned.queries[query][layer];                                     // [H, E]
    return at::einsum("she,he->hs", {training.queries.select(1, layer), own}).softmax(-1);  // [H, S]
  };
  return compare_weights(tuned.queries.size(0), tuned.queries.size(1), training, attention_of(shown, training.queries.size(0)), remembered);
}

MemorySimilarity memory_similarity_to_noise(const Readings& shown, const TrainingTokens& training, base::Rng rng) {
  const at::Tensor like = at::empty({shown.queries.size(2), training.queries.size(0)}, at::kFloat);
  const auto noise = [&](int64_t, int64_t) { return uniform_like(like, rng).softmax(-1); };
  return compare_weights(shown.queries.size(0), shown.queries.size(1), training, attention_of(shown, training.queries.size(0)), noise);
}

// Knight's way: sorted by the left list, a pair is discordant where the right list falls.
double kendall_tau(std::span<const float> left, std::span<const float> right) {
  const size_t count = left.size();
  if (count < 2) return 0;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return left[a] != left[b] ? left[a] < left[b] : right[a] < right[b]; });
  std::vector<float> sorted(count), spare;
  for (size_t i = 0; i < count; ++i) sorted[i] = right[order[i]];
  const int64_t tied_left = tied_pairs(count, [&](size_t a, size_t b) { return left[order[a]] == left[order[b]]; });
  const int64_t tied_both =
      tied_pairs(count, [&](size_t a, size_t b) { return left[order[a]] == left[order[b]] && right[order[a]] == right[order[b]]; });
  const int64_t discordant = inversions(sorted, spare);
  const int64_t tied_right = tied_pairs(count, [&](size_t a, size_t b) { return sorted[a] == sorted[b]; });
  const auto all = static_cast<int64_t>(count * (count - 1) / 2);
  const int64_t concordant = all - tied_left - tied_right + tied_both - discordant;
  return static_cast<double>(concordant - discordant) / static_cast<double>(all);
}

}  // namespace manabi::study::dual_form
