#include "model/trained/trained_lm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "model/packing.h"
#include "tensor/attention.h"
#include "tensor/fused.h"

namespace manabi::model {
namespace {

class TokenCache final : public Cache {
 public:
  std::vector<TokenId> tokens;  // of this run and of all before it
};

// All that stands before and in the row.
std::vector<TokenId> tokens_of(const Row& row) {
  std::vector<TokenId> tokens;
  if (row.prefix) tokens = static_cast<const TokenCache&>(*row.prefix).tokens;
  tokens.insert(tokens.end(), row.tokens.begin(), row.tokens.end());
  return tokens;
}

std::shared_ptr<const Cache> cache_of(const Row& row, std::vector<TokenId> tokens, int64_t layers) {
  auto cache = std::make_shared<TokenCache>();
  cache->parent = row.prefix;
  cache->begin = row.prefix ? row.prefix->end() : 0;
  cache->length = std::ssize(row.tokens);
  cache->layers.resize(static_cast<size_t>(layers));
  cache->tokens = std::move(tokens);
  return cache;
}

}  // namespace

TrainedLm::TrainedLm(const TokenNetworkConfig& config, const tensor::Compute& compute)
    : compute_(compute),
      network_(config, plan_),
      parameters_(plan_, 1, at::TensorOptions(compute.device).dtype(compute.dtype)),
      leaves_(parameters_, 0, at::zeros_like(parameters_.values())) {}

Forward TrainedLm::forward(std::span<const Row> rows) const {
  const c10::NoGradGuard guard;
  const Packing checked(rows, *this);
  Forward forward;
  std::vector<at::Tensor> wanted = {at::zeros({0, width()}, parameters_.values().options())};
  for (const Row& row : rows) {
    std::vector<TokenId> tokens = tokens_of(row);
    if (!row.wanted.empty()) {
      const at::Tensor ids = at::tensor(std::vector<int64_t>(tokens.begin(), tokens.end())).to(compute_.device).view({1, 1, -1});
      const at::Tensor offsets = at::tensor(row.wanted, at::kLong).to(compute_.device) + (row.prefix ? row.prefix->end() : 0);
      wanted.push_back(network_.states(leaves_, ids)[0][0].index_select(0, offsets));
    }
    forward.caches.push_back(row.keeps_cache ? cache_of(row, std::move(tokens), layers()) : nullptr);
  }
  forward.hidden = at::cat(wanted);
  return forward;
}

at::Tensor TrainedLm::log_probabilities(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::NoGradGuard guard;
  return tensor::target_log_probabilities(hidden, head(), targets);
}

at::Tensor TrainedLm::logits_at(const at::Tensor& hidden, const at::Tensor& targets) const {
  const c10::NoGradGuard guard;
  return tensor::target_logits(hidden, head(), targets);
}

at::Tensor TrainedLm::logits(const at::Tensor& hidden) const {
  const c10::NoGradGuard guard;
  return at::linear(hidden, head()).to(at::kFloat);
}

}  // namespace manabi::model
