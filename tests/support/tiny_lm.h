// Llamas of a few thousand random weights, built in memory, and what tests ask of a model.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/random.h"
#include "model/causal_lm.h"
#include "model/weights/weights.h"
#include "tests/support/naive_llama.h"
#include "tests/support/tiny_llama.h"

namespace manabi::test {

using model::Cache;
using model::CausalLM;
using model::Row;
using model::TokenId;

// Logits of the tiny models are of size 10; float32 keeps 1e-6 of that through three layers.
inline constexpr double kTolerance = 2e-4;

inline std::unique_ptr<CausalLM> build(const TinyLlama& tiny, const tensor::Compute& compute = {}) {
  model::StoredWeights stored{
      .where = "memory", .naming = model::Naming::hugging_face, .rotated_rows = model::RotatedRows::half_split, .tensors = {}};
  for (const auto& [name, tensor] : tiny.tensors) {
    stored.tensors.push_back({name, model::Encoding::f32, tensor.shape, std::as_bytes(std::span(tensor.values))});
  }
  const auto blueprint = model::llama_blueprint(tiny.configuration);
  return blueprint->build(model::Weights(stored, blueprint->required_tensors(), 0), compute);
}

inline std::vector<TokenId> random_tokens(size_t count, uint64_t seed) {
  base::Rng rng(seed);
  std::vector<TokenId> tokens;
  for (size_t i = 0; i < count; ++i) tokens.push_back(static_cast<TokenId>(rng.below(kTinyVocabulary)));
  return tokens;
}

inline std::vector<int64_t> all_offsets(size_t count) {
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < count; ++i) offsets.push_back(static_cast<int64_t>(i));
  return offsets;
}

inline at::Tensor hidden_of(const CausalLM& lm, const Row& row) { return lm.forward(std::span(&row, 1)).hidden; }

inline at::Tensor logits_of(const CausalLM& lm, const std::vector<TokenId>& tokens) {
  return lm.logits(hidden_of(lm, {.tokens = tokens, .prefix = nullptr, .wanted = all_offsets(tokens.size())}));
}

inline std::shared_ptr<const Cache> cache_of(const CausalLM& lm, std::span<const TokenId> tokens,
                                             std::shared_ptr<const Cache> prefix = nullptr) {
  const Row row{.tokens = tokens, .prefix = std::move(prefix), .wanted = {}, .keeps_cache = true};
  return lm.forward(std::span(&row, 1)).caches.front();
}

inline void expect_close(const at::Tensor& got, const at::Tensor& expected, double tolerance = kTolerance) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  if (got.numel() == 0) return;
  EXPECT_LE((got.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>(), tolerance);
}

inline at::Tensor to_tensor(const std::vector<Vector>& rows) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.front().size())}, at::kDouble);
  for (size_t row = 0; row < rows.size(); ++row) {
    std::copy(rows[row].begin(), rows[row].end(), tensor.data_ptr<double>() + static_cast<int64_t>(row) * tensor.size(1));
  }
  return tensor;
}

}  // namespace manabi::test
