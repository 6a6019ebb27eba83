#include "probe/heads/head_effects.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "probe/passes.h"

namespace manabi::probe {
namespace {

using model::Row;
using model::Site;
using model::SiteKind;

at::Tensor zeros_float(at::IntArrayRef sizes, const model::CausalLM& lm) {
  return at::zeros(sizes, at::TensorOptions(lm.compute().device).dtype(at::kFloat));
}

}  // namespace

LastTokenMeans last_token_means(const model::CausalLM& lm, std::span<const std::vector<TokenId>> prompts, int64_t token_budget,
                                const base::Watch& watch) {
  if (prompts.empty()) throw base::Error({.given = "no prompts", .expected = "at least one to take means over"});
  const c10::InferenceMode inference;
  std::vector<at::Tensor> z(static_cast<size_t>(lm.layers())), result(z.size()), states(z.size());
  model::Taps taps;
  const auto sum_up = [&](SiteKind kind, int64_t layer, at::Tensor& into) {
    taps.add({.kind = kind, .layer = layer}, [&lm, &into](const model::Sighting& sighting) {
      const at::Tensor last = sighting.values.select(0, sighting.values.size(0) - 1);
      if (!into.defined()) into = zeros_float(last.sizes(), lm);
      into += last;
    });
  };
  for (int64_t layer = 0; layer < lm.layers(); ++layer) {
    const auto at = static_cast<size_t>(layer);
    sum_up(SiteKind::z, layer, z[at]);
    sum_up(SiteKind::result, layer, result[at]);
    sum_up(SiteKind::resid_post, layer, states[at]);
  }
  std::vector<Row> rows;
  for (const std::vector<TokenId>& prompt : prompts) rows.push_back({.tokens = prompt, .wanted = {std::ssize(prompt) - 1}});
  watch.begin("reading heads", std::ssize(rows));
  in_passes(rows, token_budget, [&](std::span<const Row> pass, size_t) {
    watch.throw_if_cancelled();
    lm.forward(pass, {.taps = &taps});
    watch.advance(std::ssize(pass));
  });
  watch.end();
  const auto count = static_cast<double>(prompts.size());
  return {.z = at::stack(z) / count, .result = at::stack(result) / count, .states = at::stack(states) / count};
}

std::vector<double> probabilities(const model::CausalLM& lm, const at::Tensor& hidden, std::span<const TokenId> tokens) {
  const c10::InferenceMode inference;
  at::Tensor targets = at::empty({std::ssize(tokens), 2}, at::kLong);
  for (int64_t row = 0; row < std::ssize(tokens); ++row) {
    targets[row][0] = row;
    targets[row][1] = static_cast<int64_t>(tokens[static_cast<size_t>(row)]);
  }
  const at::Tensor values = lm.log_probabilities(hidden, targets.to(lm.compute().device)).exp().to(at::kCPU, at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// The heads of one layer run together: a row of one token for every prompt and head.
std::vector<std::vector<double>> head_effects(const model::CausalLM& lm, const AnswerableRuns& prompts, const LastTokenMeans& means,
                                              const base::Watch& watch) {
  const int64_t count = prompts.runs.size(), heads = means.z.size(1);
  double unpatched = 0;
  for (const double probability : probabilities(lm, prompts.runs.hidden(), prompts.answers)) unpatched += probability;
  std::vector<int64_t> rows;
  std::vector<TokenId> answers;
  for (int64_t head = 0; head < heads; ++head) {
    for (int64_t prompt = 0; prompt < count; ++prompt) rows.push_back(prompt);
    answers.insert(answers.end(), prompts.answers.begin(), prompts.answers.end());
  }
  std::vector<std::vector<double>> effects;
  watch.begin("heads", lm.layers());
  for (int64_t layer = 0; layer < lm.layers(); ++layer) {
    watch.throw_if_cancelled();
    const at::Tensor of_layer = means.z.select(0, layer);
    const at::Tensor hidden = prompts.runs.hidden_with({SiteKind::z, layer}, rows, [&](size_t row, const at::Tensor& values) {
      const int64_t head = static_cast<int64_t>(row) / count;
      values.select(1, head).copy_(of_layer.select(0, head));
    });
    const std::vector<double> patched = probabilities(lm, hidden, answers);
    std::vector<double>& row = effects.emplace_back(static_cast<size_t>(heads), -unpatched / static_cast<double>(count));
    for (size_t i = 0; i < patched.size(); ++i) row[i / static_cast<size_t>(count)] += patched[i] / static_cast<double>(count);
    watch.advance(1);
  }
  watch.end();
  return effects;
}

std::vector<Head> strongest_heads(const std::vector<std::vector<double>>& effects, int64_t count) {
  std::vector<Head> heads;
  for (size_t layer = 0; layer < effects.size(); ++layer)
    for (size_t head = 0; head < effects[layer].size(); ++head) heads.push_back({static_cast<int64_t>(layer), static_cast<int64_t>(head)});
  std::ranges::stable_sort(heads, std::ranges::greater(),
                           [&](const Head& at) { return effects[static_cast<size_t>(at.layer)][static_cast<size_t>(at.head)]; });
  heads.resize(std::min(heads.size(), static_cast<size_t>(std::max<int64_t>(0, count))));
  return heads;
}

at::Tensor function_vector(const LastTokenMeans& means, std::span<const Head> heads) {
  at::Tensor sum = at::zeros_like(means.result.select(0, 0).select(0, 0));
  for (const Head& at : heads) sum += means.result[at.layer][at.head];
  return sum;
}

}  // namespace manabi::probe
