#include "probe/heads/head_scores.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace manabi::probe {
namespace {

using model::SiteKind;
using model::TokenId;

void check(const model::CausalLM& lm, const HeadScoreOptions& options) {
  const std::vector<SiteKind> kinds = lm.site_kinds();
  if (std::ranges::find(kinds, SiteKind::pattern) == kinds.end())
    throw base::Error({.given = "a model that shows no attention", .expected = "one of the families that this program computes itself"});
  if (options.rows < 1 || options.repeated < 2)
    throw base::Error({.where = "rows, repeated",
                       .given = fmt::format("{} rows of {} tokens", options.rows, options.repeated),
                       .expected = "at least 1 row of at least 2 tokens"});
  const int64_t length = 2 * options.repeated + (options.beginning >= 0);
  if (length > lm.context())
    throw base::Error({.where = "repeated",
                       .given = fmt::format("{} tokens, rows of {}", options.repeated, length),
                       .expected = fmt::format("rows of at most {}, the model's context", lm.context())});
}

std::vector<TokenId> repeated_tokens(const model::CausalLM& lm, const HeadScoreOptions& options, int64_t row) {
  base::Rng rng = base::Rng(options.seed).child(static_cast<uint64_t>(row));
  std::vector<TokenId> tokens;
  for (int64_t i = 0; i < options.repeated; ++i) tokens.push_back(static_cast<TokenId>(rng.below(static_cast<uint64_t>(lm.vocabulary()))));
  tokens.insert(tokens.end(), tokens.begin(), tokens.end());
  if (options.beginning >= 0) tokens.insert(tokens.begin(), options.beginning);
  return tokens;
}

// pattern [H, T, T]: the mean attention of the second half's queries to the token `back` before them, added to each head's score.
void add_attention(const at::Tensor& pattern, int64_t repeated, int64_t back, double weight, std::vector<double>& scores) {
  const int64_t last = pattern.size(1);
  const at::Tensor looked_at = pattern.diagonal(-back, 1, 2).narrow(1, last - repeated - back, repeated);  // [H, n]
  const at::Tensor means = looked_at.mean(1).to(at::kCPU, at::kDouble).contiguous();
  scores.resize(static_cast<size_t>(means.numel()));
  for (size_t head = 0; head < scores.size(); ++head) scores[head] += weight * means.const_data_ptr<double>()[head];
}

}  // namespace

HeadScores head_scores(const model::CausalLM& lm, const HeadScoreOptions& options, const base::Watch& watch) {
  check(lm, options);
  const auto layers = static_cast<size_t>(lm.layers());
  const std::vector<std::vector<double>> none(layers);
  HeadScores scores{.previous = none, .duplicate = none, .induction = none};
  const double weight = 1 / static_cast<double>(options.rows);
  model::Taps taps;
  for (size_t layer = 0; layer < layers; ++layer) {
    taps.add({.kind = SiteKind::pattern, .layer = static_cast<int64_t>(layer)}, [&, layer](const model::Sighting& sighting) {
      add_attention(sighting.values, options.repeated, 1, weight, scores.previous[layer]);
      add_attention(sighting.values, options.repeated, options.repeated, weight, scores.duplicate[layer]);
      add_attention(sighting.values, options.repeated, options.repeated - 1, weight, scores.induction[layer]);
    });
  }
  watch.begin("heads", options.rows);
  for (int64_t number = 0; number < options.rows; ++number) {
    watch.throw_if_cancelled();
    const std::vector<TokenId> tokens = repeated_tokens(lm, options, number);
    const model::Row row{.tokens = tokens, .wanted = {std::ssize(tokens) - 1}};
    lm.forward(std::span(&row, 1), {.taps = &taps});
    watch.advance(1);
  }
  watch.end();
  return scores;
}

}  // namespace manabi::probe
