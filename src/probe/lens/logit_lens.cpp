#include "probe/lens/logit_lens.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "probe/recording.h"

namespace manabi::probe {
namespace {

using model::SiteKind;

// Log-probabilities [W, V] that follow states [W, D] of the stream.
at::Tensor log_probabilities_after(const model::CausalLM& lm, const at::Tensor& states) {
  model::Row row{.states = states};
  for (int64_t offset = 0; offset < states.size(0); ++offset) row.wanted.push_back(offset);
  return lm.logits(lm.forward(std::span(&row, 1), {.first_layer = lm.layers()}).hidden).log_softmax(-1);
}

std::vector<std::vector<LikelyToken>> likeliest_of(const at::Tensor& log_probabilities, int64_t count) {
  const auto [values, tokens] = log_probabilities.topk(std::min(count, log_probabilities.size(1)), -1);
  const at::Tensor value = values.to(at::kCPU, at::kDouble).contiguous(), token = tokens.to(at::kCPU).contiguous();
  std::vector<std::vector<LikelyToken>> all(static_cast<size_t>(value.size(0)));
  for (int64_t row = 0; row < value.size(0); ++row)
    for (int64_t i = 0; i < value.size(1); ++i)
      all[static_cast<size_t>(row)].push_back({static_cast<model::TokenId>(token.const_data_ptr<int64_t>()[row * value.size(1) + i]),
                                               value.const_data_ptr<double>()[row * value.size(1) + i]});
  return all;
}

}  // namespace

std::vector<std::vector<LikelyToken>> likeliest_tokens(const model::CausalLM& lm, const at::Tensor& states, int64_t count) {
  const c10::InferenceMode inference;
  return likeliest_of(log_probabilities_after(lm, states), count);
}

LogitLens logit_lens(const model::CausalLM& lm, std::span<const model::TokenId> tokens, int64_t count, model::TokenId answer,
                     int64_t positions) {
  const c10::InferenceMode inference;
  std::vector<model::Site> sites = in_all_layers(lm, SiteKind::resid_pre);
  if (lm.layers() > 0) sites.push_back({.kind = SiteKind::resid_post, .layer = lm.layers() - 1});
  const Recording recording = record(lm, tokens, sites);
  const int64_t length = std::ssize(tokens), read = positions > 0 ? std::min(positions, length) : length;

  LogitLens lens;
  for (const model::Site& site : sites) {
    const at::Tensor log_probabilities = log_probabilities_after(lm, recording.values.at(site).narrow(0, length - read, read));
    lens.likeliest.push_back(likeliest_of(log_probabilities, count));
    if (answer < 0) continue;
    const at::Tensor values = log_probabilities.select(1, answer).to(at::kCPU, at::kDouble).contiguous();
    lens.answer.emplace_back(values.const_data_ptr<double>(), values.const_data_ptr<double>() + read);
  }
  return lens;
}

}  // namespace manabi::probe
