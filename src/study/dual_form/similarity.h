// How alike what demonstrations do to a query's attention is to what tuning on them does (Dai et al. 2023, section 4). Where the paper leaves a
// choice, its published program's is taken.
//
// Letters: P queries, L layers, H heads, D width, E width of a head, S tokens of all demonstrations.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "base/random.h"
#include "study/dual_form/readings.h"

namespace manabi::study::dual_form {

// [P, L]: cosine of (attention output with demonstrations - without) and (tuned - without), each output at unit length (SimAOU).
at::Tensor update_similarity(const at::Tensor& plain, const at::Tensor& shown, const at::Tensor& tuned);
// The same with noise, uniform between 0 and 1, in the place of what tuning does.
at::Tensor update_similarity_to_noise(const at::Tensor& plain, const at::Tensor& shown, base::Rng rng);

// [P, L]: cosine of two runs' attention scores, before the softmax, over the query's own tokens; mean over heads (SimAM).
at::Tensor map_similarity(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right);

// What tuning saw of its tokens: queries [S, L, H, E], those of the demonstrations in order, and which of the S tokens count (not the first of a
// demonstration, nor what stands between two).
struct TrainingTokens {
  at::Tensor queries;
  std::vector<int64_t> counted;  // places, ascending
  std::vector<int64_t> begins;   // of each demonstration among the S
};

// Kendall's rank correlations between how much attention the query pays to each demonstrated token, and how much a tuned query remembers of
// each: the softmax over the training tokens' queries times its own. Means over heads, [P, L].
struct MemorySimilarity {
  at::Tensor tokens;    // over tokens
  at::Tensor examples;  // over demonstrations, each the sum of its tokens' weights
};
MemorySimilarity memory_similarity(const Readings& shown, const Readings& tuned, const TrainingTokens& training);
// With random weights in the place of what is remembered.
MemorySimilarity memory_similarity_to_noise(const Readings& shown, const TrainingTokens& training, base::Rng rng);

// Kendall's tau-a of two lists of n numbers, ties counting for neither side; 0 for fewer than two. O(n log n).
double kendall_tau(std::span<const float> left, std::span<const float> right);

}  // namespace manabi::study::dual_form
