// A causal language model whose hidden state is a hash of everything before it. Any mistake with prefixes, positions, wanted offsets, packing
// or caches changes every score after it; none of its arithmetic rounds, so scores are compared for equality. It records its calls.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/causal_lm.h"

namespace manabi::test {

class ToyLM final : public model::CausalLM {
 public:
  struct Call {
    std::vector<int64_t> begins;   // absolute position of each row's first token
    std::vector<int64_t> lengths;  // tokens of each row
    int64_t tokens = 0;
    int64_t held = 0;  // cached positions alive after the call, this call's included
  };

  explicit ToyLM(int64_t vocabulary = 50, int64_t context = 4096, int64_t cache_bytes_per_token = 1024)
      : vocabulary_(vocabulary), context_(context), cache_bytes_per_token_(cache_bytes_per_token) {}

  using model::CausalLM::forward;
  model::Forward forward(std::span<const model::Row> rows, const model::Passage&) const override {
    model::Forward result;
    Call call;
    std::vector<double> hidden;
    for (const model::Row& row : rows) {
      const int64_t begin = row.prefix ? row.prefix->end() : 0;
      const std::vector<uint64_t> states = states_of(row, begin);
      check_wanted(row);
      for (const int64_t offset : row.wanted) {
        hidden.push_back(static_cast<double>(states[offset] >> 32));
        hidden.push_back(static_cast<double>(states[offset] & 0xffffffffu));
      }
      result.caches.push_back(row.keeps_cache ? keep(row, begin) : nullptr);
      call.begins.push_back(begin);
      call.lengths.push_back(static_cast<int64_t>(row.tokens.size()));
      call.tokens += static_cast<int64_t>(row.tokens.size());
    }
    result.hidden = at::tensor(hidden, at::kDouble).view({-1, 2});
    call.held = held();
    calls_.push_back(std::move(call));
    return result;
  }

  at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const override {
    return values_of(hidden, targets, [&](uint64_t state, int64_t token) { return logit(state, token) - normaliser(state); });
  }
  at::Tensor logits_at(const at::Tensor& hidden, const at::Tensor& targets) const override {
    return values_of(hidden, targets, [&](uint64_t state, int64_t token) { return logit(state, token); });
  }
  at::Tensor logits(const at::Tensor& hidden) const override {
    at::Tensor all = at::empty({hidden.size(0), vocabulary_}, at::kFloat);
    float* next = all.data_ptr<float>();
    for (int64_t row = 0; row < hidden.size(0); ++row) {
      for (int64_t token = 0; token < vocabulary_; ++token) *next++ = static_cast<float>(logit(state_of(hidden, row), token));
    }
    return all;
  }

  int64_t vocabulary() const override { return vocabulary_; }
  int64_t context() const override { return context_; }
  int64_t layers() const override { return 1; }
  int64_t width() const override { return 2; }
  int64_t parameters() const override { return 0; }
  int64_t cache_bytes_per_token() const override { return cache_bytes_per_token_; }
  tensor::Compute compute() const override { return {}; }

  const std::vector<Call>& calls() const { return calls_; }
  void forget_calls() { calls_.clear(); }
  int64_t tokens_computed() const {
    int64_t tokens = 0;
    for (const Call& call : calls_) tokens += call.tokens;
    return tokens;
  }
  int64_t held() const {
    int64_t positions = 0;
    for (const auto& made : caches_) {
      if (const auto cache = made.lock()) positions += cache->length;
    }
    return positions;
  }

 private:
  static uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
  }
  static uint64_t extend(uint64_t state, uint64_t token, int64_t position) {
    return mix(state * 0x9e3779b97f4a7c15u + mix(token + 1) + static_cast<uint64_t>(position) * 0xd6e8feb86659fd93u);
  }

  // A cache holds its tokens as "keys" and their positions as "values"; a row reads the whole chain anew.
  static uint64_t state_after(const model::Cache* cache) {
    if (!cache) return 0;
    uint64_t state = state_after(cache->parent.get());
    const at::Tensor tokens = cache->layers[0].keys, positions = cache->layers[0].values;
    for (int64_t at = 0; at < cache->length; ++at) {
      state = extend(state, static_cast<uint64_t>(tokens[at].item<int64_t>()), positions[at].item<int64_t>());
    }
    return state;
  }

  std::vector<uint64_t> states_of(const model::Row& row, int64_t begin) const {
    if (row.tokens.empty()) throw base::Error({.given = "a row without tokens"});
    if (begin + static_cast<int64_t>(row.tokens.size()) > context_) throw base::Error({.given = "a row that ends past the context"});
    std::vector<uint64_t> states;
    uint64_t state = state_after(row.prefix.get());
    for (size_t offset = 0; offset < row.tokens.size(); ++offset) {
      if (row.tokens[offset] < 0 || row.tokens[offset] >= vocabulary_) throw base::Error({.given = "a token outside the vocabulary"});
      state = extend(state, static_cast<uint64_t>(row.tokens[offset]), begin + static_cast<int64_t>(offset));
      states.push_back(state);
    }
    return states;
  }

  static void check_wanted(const model::Row& row) {
    for (size_t at = 0; at < row.wanted.size(); ++at) {
      const bool is_ascending = at == 0 || row.wanted[at - 1] < row.wanted[at];
      if (!is_ascending || row.wanted[at] < 0 || row.wanted[at] >= static_cast<int64_t>(row.tokens.size())) {
        throw base::Error({.given = "wanted offsets that do not ascend within the row"});
      }
    }
  }

  std::shared_ptr<const model::Cache> keep(const model::Row& row, int64_t begin) const {
    auto cache = std::make_shared<model::Cache>();
    cache->parent = row.prefix;
    cache->begin = begin;
    cache->length = static_cast<int64_t>(row.tokens.size());
    const std::vector<int64_t> tokens(row.tokens.begin(), row.tokens.end());
    cache->layers.push_back({at::tensor(tokens, at::kLong), at::arange(begin, begin + cache->length)});
    caches_.push_back(cache);
    return cache;
  }

  static uint64_t state_of(const at::Tensor& hidden, int64_t row) {
    const double* values = hidden.const_data_ptr<double>() + 2 * row;
    return static_cast<uint64_t>(values[0]) << 32 | static_cast<uint64_t>(values[1]);
  }
  static double logit(uint64_t state, int64_t token) {
    return static_cast<double>(extend(state, static_cast<uint64_t>(token), -1) >> 11) * 0x1p-53 * 8;
  }
  double normaliser(uint64_t state) const {
    double sum = 0;
    for (int64_t token = 0; token < vocabulary_; ++token) sum += std::exp(logit(state, token));
    return std::log(sum);
  }

  template <class Value>
  static at::Tensor values_of(const at::Tensor& hidden, const at::Tensor& targets, const Value& value) {
    at::Tensor values = at::empty({targets.size(0)}, at::kFloat);
    const int64_t* pair = targets.const_data_ptr<int64_t>();
    for (int64_t at = 0; at < targets.size(0); ++at, pair += 2) {
      if (pair[0] < 0 || pair[0] >= hidden.size(0)) throw base::Error({.given = "a target outside the hidden rows"});
      values.data_ptr<float>()[at] = static_cast<float>(value(state_of(hidden, pair[0]), pair[1]));
    }
    return values;
  }

  int64_t vocabulary_;
  int64_t context_;
  int64_t cache_bytes_per_token_;
  mutable std::vector<Call> calls_;
  mutable std::vector<std::weak_ptr<const model::Cache>> caches_;
};

}  // namespace manabi::test
