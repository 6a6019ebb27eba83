#include "probe/vectors/vector_reader.h"

#include <ATen/ATen.h>

#include <utility>

#include "base/error.h"
#include "probe/passes.h"

namespace manabi::probe {
namespace {

using model::Row;
using model::TokenId;

// Log-probability of each target after the row of hidden at the same place.
std::vector<double> log_probabilities(const model::CausalLM& lm, const at::Tensor& hidden,
                                      const std::vector<std::pair<int64_t, TokenId>>& asked) {
  at::Tensor targets = at::empty({std::ssize(asked), 2}, at::kLong);
  for (size_t i = 0; i < asked.size(); ++i) {
    targets[static_cast<int64_t>(i)][0] = asked[i].first;
    targets[static_cast<int64_t>(i)][1] = asked[i].second;
  }
  const at::Tensor values = lm.log_probabilities(hidden, targets.to(lm.compute().device)).to(at::kCPU, at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// What was asked of one pass over prompts: the episodes of its rows, and their answers.
struct Pass {
  std::span<const learn::EncodedEpisode> episodes;
  std::span<world::Answer> answers;
  const model::Forward& forward;
};

void score_first_tokens(const model::CausalLM& lm, const Pass& pass) {
  std::vector<std::pair<int64_t, TokenId>> asked;
  for (size_t i = 0; i < pass.episodes.size(); ++i)
    for (const std::vector<TokenId>& choice : pass.episodes[i].choices) asked.emplace_back(static_cast<int64_t>(i), choice.front());
  const std::vector<double> values = log_probabilities(lm, pass.forward.hidden, asked);
  for (size_t i = 0; i < asked.size(); ++i) pass.answers[static_cast<size_t>(asked[i].first)].scores.push_back(values[i]);
}

// Adds the tokens behind the first one of every longer choice, each choice a row behind its prompt's cache.
void add_other_tokens(const model::CausalLM& lm, const Pass& pass, int64_t token_budget) {
  struct Continuation {
    size_t episode, choice;
  };
  std::vector<Continuation> continuations;
  std::vector<Row> rows;
  for (size_t i = 0; i < pass.episodes.size(); ++i) {
    for (size_t choice = 0; choice < pass.episodes[i].choices.size(); ++choice) {
      const std::span<const TokenId> tokens = pass.episodes[i].choices[choice];
      if (tokens.size() == 1) continue;
      Row row{.tokens = tokens.first(tokens.size() - 1), .prefix = pass.forward.caches[i]};
      for (int64_t offset = 0; offset < std::ssize(row.tokens); ++offset) row.wanted.push_back(offset);
      rows.push_back(std::move(row));
      continuations.push_back({i, choice});
    }
  }
  in_passes(rows, token_budget, [&](std::span<const Row> some, size_t first) {
    std::vector<std::pair<int64_t, TokenId>> asked;
    std::vector<size_t> owners;
    for (size_t i = 0; i < some.size(); ++i) {
      const auto& [episode, choice] = continuations[first + i];
      for (const TokenId token : std::span(pass.episodes[episode].choices[choice]).subspan(1)) {
        asked.emplace_back(std::ssize(asked), token);
        owners.push_back(first + i);
      }
    }
    const std::vector<double> values = log_probabilities(lm, lm.forward(some).hidden, asked);
    for (size_t i = 0; i < values.size(); ++i) {
      const auto& [episode, choice] = continuations[owners[i]];
      pass.answers[episode].scores[choice] += values[i];
    }
  });
}

}  // namespace

VectorReader::VectorReader(const model::Checkpoint& checkpoint, SteeringVector vector, learn::ReaderOptions options, base::Watch watch)
    : checkpoint_(checkpoint), vector_(std::move(vector)), options_(options), watch_(watch) {
  check_fits(vector_, checkpoint);
}

world::Answers VectorReader::answer(std::span<const world::Episode> episodes, world::Ask ask) {
  if (!can_answer(ask))
    throw base::Error({.where = checkpoint_.name, .given = "asked for something else than a choice", .expected = "Ask::choices"});
  const c10::InferenceMode inference;
  const model::CausalLM& lm = *checkpoint_.lm;
  std::vector<learn::EncodedEpisode> encoded;
  std::vector<Row> prompts;
  world::Answers answers;
  for (const world::Episode& episode : episodes) {
    encoded.push_back(learn::encode_episode(*checkpoint_.tokenizer, episode, options_));
    learn::check_length(checkpoint_, episode, encoded.back());
    answers.push_back(learn::unscored_answer(encoded.back(), world::Exactness::exact));
  }
  for (const learn::EncodedEpisode& episode : encoded)
    prompts.push_back(
        {.tokens = episode.prompt, .wanted = {std::ssize(episode.prompt) - 1}, .keeps_cache = episode.longest() > std::ssize(episode.prompt)});

  model::Taps taps;
  taps.add({.kind = model::SiteKind::resid_post, .layer = vector_.layer}, [&](const model::Sighting& sighting) {
    at::Tensor last = sighting.values.narrow(0, sighting.values.size(0) - 1, 1);
    last.copy_(steered(vector_, last));
  });
  watch_.begin("episodes", std::ssize(episodes));
  in_passes(prompts, options_.score.token_budget, [&](std::span<const Row> pass, size_t first) {
    watch_.throw_if_cancelled();
    const model::Forward forward = lm.forward(pass, {.taps = &taps});
    const Pass asked{std::span(encoded).subspan(first, pass.size()), std::span(answers).subspan(first, pass.size()), forward};
    score_first_tokens(lm, asked);
    add_other_tokens(lm, asked, options_.score.token_budget);
    watch_.advance(std::ssize(pass));
  });
  watch_.end();
  return answers;
}

}  // namespace manabi::probe
