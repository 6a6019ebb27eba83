#include "study/dual_form/readings.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "learn/scoring/few_shot_reader.h"
#include "probe/passes.h"

namespace manabi::study::dual_form {
namespace {

using model::Row;
using model::Site;
using model::SiteKind;

// The text in front of a query, cut where its demonstrations begin.
std::vector<std::string> demonstration_texts(const world::Episode& shown, const world::Episode& bare) {
  const std::string before = shown.context.substr(0, shown.context.size() - bare.context.size());
  std::vector<size_t> begins;
  size_t from = 0;
  for (const world::Demonstration& demonstration : shown.demonstrations) {
    const size_t at = before.find(demonstration.input + demonstration.label, from);
    if (at == std::string::npos)
      throw base::Error({.where = "episode " + shown.id, .given = "a demonstration that its prompt does not show", .expected = "its text"});
    begins.push_back(at);
    from = at + demonstration.input.size() + demonstration.label.size();
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < begins.size(); ++i) {
    const size_t begin = i == 0 ? 0 : begins[i], end = i + 1 < begins.size() ? begins[i + 1] : before.size();
    texts.push_back(before.substr(begin, end - begin));
  }
  return texts;
}

std::vector<Row> rows_of(const TokenEpisodes& episodes, const std::shared_ptr<const model::Cache>& prefix) {
  std::vector<Row> rows;
  for (const std::vector<TokenId>& query : episodes.queries)
    rows.push_back({.tokens = query, .prefix = prefix, .wanted = {std::ssize(query) - 1}});
  return rows;
}

// Which class has the largest logit after each of hidden [W, D], for the queries from `first` on.
void judge(const model::CausalLM& lm, const TokenEpisodes& episodes, const at::Tensor& hidden, size_t first, std::vector<bool>& right) {
  const at::Tensor logits = lm.logits(hidden).to(at::kCPU);
  for (int64_t i = 0; i < logits.size(0); ++i) {
    const size_t query = first + static_cast<size_t>(i);
    const std::vector<TokenId>& answers = episodes.answers[query];
    const at::Tensor of_answers = logits[i].index_select(0, at::tensor(std::vector<int64_t>(answers.begin(), answers.end()), at::kLong));
    right.push_back(of_answers.argmax().item<int64_t>() == episodes.targets[query]);
  }
}

}  // namespace

TokenEpisodes tokens_of(std::span<const world::Episode> shown, std::span<const world::Episode> bare, const text::Tokenizer& tokenizer) {
  TokenEpisodes episodes;
  const std::optional<TokenId> beginning = learn::beginning_of(tokenizer, learn::BeginningToken::as_checkpoint);
  for (const std::string& text : demonstration_texts(shown.front(), bare.front())) episodes.demonstrations.push_back(tokenizer.encode(text));
  if (!episodes.demonstrations.empty()) learn::add_beginning(episodes.demonstrations.front(), beginning);
  for (const world::Episode& episode : bare) {
    learn::EncodedEpisode encoded = learn::encode_episode(tokenizer, episode, {.beginning = learn::BeginningToken::never, .one_token = true});
    if (episodes.demonstrations.empty()) learn::add_beginning(encoded.prompt, beginning);
    std::vector<TokenId>& answers = episodes.answers.emplace_back();
    for (const std::vector<TokenId>& choice : encoded.choices) answers.push_back(choice.front());
    episodes.queries.push_back(std::move(encoded.prompt));
    episodes.targets.push_back(episode.target);
  }
  return episodes;
}

std::shared_ptr<const model::Cache> read_demonstrations(const model::CausalLM& lm, const TokenEpisodes& episodes) {
  if (episodes.demonstrations.empty()) return nullptr;
  std::vector<TokenId> all;
  for (const std::vector<TokenId>& tokens : episodes.demonstrations) all.insert(all.end(), tokens.begin(), tokens.end());
  const Row row{.tokens = all, .keeps_cache = true};
  return lm.forward(std::span(&row, 1)).caches.front();
}

Readings read_queries(const model::CausalLM& lm, const TokenEpisodes& episodes, const std::shared_ptr<const model::Cache>& prefix,
                      int64_t token_budget, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const std::vector<Row> rows = rows_of(episodes, prefix);
  const auto layers = static_cast<size_t>(lm.layers());
  std::vector<std::vector<at::Tensor>> outs(rows.size(), std::vector<at::Tensor>(layers)), scores = outs, queries = outs;
  Readings readings;
  probe::in_passes(rows, token_budget, [&](std::span<const Row> pass, size_t first) {
    watch.throw_if_cancelled();
    model::Taps taps;
    const auto keep = [&](SiteKind kind, size_t layer, std::vector<std::vector<at::Tensor>>& into, int64_t token_axis) {
      taps.add({.kind = kind, .layer = static_cast<int64_t>(layer)}, [&into, first, layer, token_axis](const model::Sighting& sighting) {
        const int64_t last = sighting.values.size(token_axis) - 1;
        into[first + sighting.row][layer] =
            sighting.values.select(token_axis, last).to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
      });
    };
    for (size_t layer = 0; layer < layers; ++layer) {
      keep(SiteKind::attn_out, layer, outs, 0);
      keep(SiteKind::attn_scores, layer, scores, 1);
      keep(SiteKind::q, layer, queries, 0);
    }
    judge(lm, episodes, lm.forward(pass, {.taps = &taps}).hidden, first, readings.right);
  });
  std::vector<at::Tensor> all_outs, all_queries;
  for (size_t row = 0; row < rows.size(); ++row) {
    all_outs.push_back(at::stack(outs[row]));
    all_queries.push_back(at::stack(queries[row]));
    readings.scores.push_back(at::stack(scores[row]));
  }
  readings.attention_out = at::stack(all_outs);
  readings.queries = at::stack(all_queries);
  return readings;
}

std::vector<bool> judge_queries(const model::CausalLM& lm, const TokenEpisodes& episodes, int64_t token_budget, const base::Watch& watch) {
  const c10::InferenceMode inference;
  std::vector<bool> right;
  probe::in_passes(rows_of(episodes, nullptr), token_budget, [&](std::span<const Row> pass, size_t first) {
    watch.throw_if_cancelled();
    judge(lm, episodes, lm.forward(pass).hidden, first, right);
  });
  return right;
}

}  // namespace manabi::study::dual_form
