#include "learn/scoring/scorer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "learn/scoring/score_plan.h"

namespace manabi::learn {
namespace {

using CachePtr = std::shared_ptr<const model::Cache>;

void check(std::span<const ScoredSequence> sequences) {
  for (size_t index = 0; index < sequences.size(); ++index) {
    const auto size = static_cast<int64_t>(sequences[index].tokens.size());
    const int64_t from = sequences[index].scored_from;
    if (from > 0 && from < size) continue;
    throw base::Error({.where = "sequence " + std::to_string(index),
                       .given = std::to_string(size) + " tokens, scored from token " + std::to_string(from),
                       .expected = "at least one token to read and one to score"});
  }
}

// One predicted token: `token` after offset `offset` of its row, for one sequence.
struct Prediction {
  int64_t offset = 0;
  TokenId token = 0;
  int64_t sequence = 0;
  auto operator<=>(const Prediction&) const = default;
};

// What a row predicts, by offset; equal pairs (offset, token) of several sequences stand side by side.
std::vector<Prediction> predictions_of(const PrefixRow& row, std::span<const ScoredSequence> sequences) {
  std::vector<Prediction> predictions;
  for (const int64_t index : row.sequences) {
    const ScoredSequence& sequence = sequences[index];
    const int64_t end = std::min(row.end, run_length(sequence));
    for (int64_t position = std::max(row.begin, sequence.scored_from - 1); position < end; ++position) {
      predictions.push_back({position - row.begin, sequence.tokens[position + 1], index});
    }
  }
  std::ranges::sort(predictions);
  return predictions;
}

// The rows of one pass as the model takes them, the pairs (row of hidden, token) to be scored, and which sequence each pair counts for.
struct PassInput {
  struct Use {
    int64_t pair = 0;
    int64_t sequence = 0;
  };
  std::vector<model::Row> rows;
  std::vector<int64_t> pairs;  // [M, 2] flat
  std::vector<Use> uses;       // ascending position within each sequence
};

void append_row(PassInput& input, const PrefixRow& row, std::span<const ScoredSequence> sequences, CachePtr prefix, int64_t& hidden_rows) {
  model::Row next{.tokens = std::span(sequences[row.source].tokens).subspan(row.begin, row.length()),
                  .prefix = std::move(prefix),
                  .keeps_cache = row.keeps_cache()};
  const Prediction* previous = nullptr;
  const std::vector<Prediction> predictions = predictions_of(row, sequences);
  for (const Prediction& prediction : predictions) {
    const bool is_new_offset = !previous || previous->offset != prediction.offset;
    if (is_new_offset) {
      next.wanted.push_back(prediction.offset);
      ++hidden_rows;
    }
    if (is_new_offset || previous->token != prediction.token) input.pairs.insert(input.pairs.end(), {hidden_rows - 1, prediction.token});
    input.uses.push_back({static_cast<int64_t>(input.pairs.size()) / 2 - 1, prediction.sequence});
    previous = &prediction;
  }
  input.rows.push_back(std::move(next));
}

PassInput input_of(const PlannedPass& pass, const ScorePlan& plan, std::span<const ScoredSequence> sequences,
                   const std::vector<CachePtr>& caches) {
  PassInput input;
  int64_t hidden_rows = 0;
  for (const int64_t index : pass.rows) {
    const PrefixRow& row = plan.rows[index];
    append_row(input, row, sequences, row.parent == kNoParent ? nullptr : caches[row.parent], hidden_rows);
  }
  return input;
}

// Adds what the pass predicts to the scores. hidden [W, D].
void add_scores(const model::CausalLM& lm, const at::Tensor& hidden, PassInput& input, bool normalised, std::vector<double>& scores) {
  if (input.pairs.empty()) return;
  const auto count = static_cast<int64_t>(input.pairs.size()) / 2;
  const at::Tensor targets = at::from_blob(input.pairs.data(), {count, 2}, at::kLong).to(hidden.device());
  const at::Tensor values = normalised ? lm.log_probabilities(hidden, targets) : lm.logits_at(hidden, targets);
  const at::Tensor on_host = values.to(at::kCPU, at::kFloat).contiguous();
  const float* value = on_host.const_data_ptr<float>();
  for (const PassInput::Use& use : input.uses) scores[use.sequence] += value[use.pair];
}

void check_finite(const std::vector<double>& scores) {
  const auto found = std::ranges::find_if_not(scores, [](double score) { return std::isfinite(score); });
  if (found == scores.end()) return;
  throw base::Error({.where = "sequence " + std::to_string(found - scores.begin()),
                     .given = "the model's score is not a finite number",
                     .expected = "a log-probability",
                     .hint = "the checkpoint's weights or rotation settings are damaged, or overflow in this dtype"});
}

}  // namespace

std::vector<double> score_sequences(const model::CausalLM& lm, std::span<const ScoredSequence> sequences, const ScoreOptions& options,
                                    const base::Watch& watch, ScoreCost* cost) {
  check(sequences);
  const int64_t bytes_per_token = std::max<int64_t>(lm.cache_bytes_per_token(), 1);
  const ScorePlan plan = plan_scores(sequences, options, options.cache_budget_mib * (int64_t{1} << 20) / bytes_per_token);

  std::vector<double> scores(sequences.size());
  std::vector<CachePtr> caches(plan.rows.size());
  watch.begin("scoring", plan.tokens);
  for (const PlannedPass& pass : plan.passes) {
    watch.throw_if_cancelled();
    PassInput input = input_of(pass, plan, sequences, caches);
    model::Forward forward = lm.forward(input.rows);
    add_scores(lm, forward.hidden, input, options.normalised, scores);
    for (size_t row = 0; row < pass.rows.size(); ++row) caches[pass.rows[row]] = std::move(forward.caches[row]);
    for (const int64_t index : pass.released) caches[index].reset();
    watch.advance(pass.tokens);
  }
  watch.end();
  check_finite(scores);

  if (cost) {
    for (const ScoredSequence& sequence : sequences) cost->tokens_given += run_length(sequence);
    cost->tokens_computed += plan.tokens;
  }
  return scores;
}

}  // namespace manabi::learn
