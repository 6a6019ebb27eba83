#include "learn/tuning/run/tuning_judge.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>

namespace manabi::learn {
namespace {

using model::TunedNetwork;
using model::TunedRow;

// One row of a pass: a prompt with a choice behind it, or with none where every choice is one token.
struct ChoiceRow {
  size_t episode = 0, choice = 0;  // choice: the first of those that the row answers
  std::vector<TokenId> tokens;
  std::vector<int64_t> wanted;
  std::vector<std::vector<TokenId>> asked;  // of every wanted state
};

bool are_single_tokens(const EncodedEpisode& episode) {
  return std::ranges::all_of(episode.choices, [](const std::vector<TokenId>& choice) { return choice.size() == 1; });
}

void add_rows(const JudgedEpisode& episode, size_t number, bool has_head, std::vector<ChoiceRow>& rows) {
  const EncodedEpisode& encoded = episode.encoded;
  const int64_t last = std::ssize(encoded.prompt) - 1;
  if (has_head || are_single_tokens(encoded)) {
    ChoiceRow row{.episode = number, .tokens = encoded.prompt, .wanted = {last}, .asked = {{}}};
    for (const std::vector<TokenId>& choice : encoded.choices) row.asked[0].push_back(choice.front());
    rows.push_back(std::move(row));
    return;
  }
  for (size_t choice = 0; choice < encoded.choices.size(); ++choice) {
    const std::vector<TokenId>& tokens = encoded.choices[choice];
    ChoiceRow row{.episode = number, .choice = choice, .tokens = encoded.prompt};
    row.tokens.insert(row.tokens.end(), tokens.begin(), tokens.end() - 1);
    for (size_t i = 0; i < tokens.size(); ++i) {
      row.wanted.push_back(last + static_cast<int64_t>(i));
      row.asked.push_back({tokens[i]});
    }
    rows.push_back(std::move(row));
  }
}

struct RowRange {
  size_t begin = 0, count = 0;
};

// Rows of one pass: as many as the budget holds, at least one.
std::vector<RowRange> passes_of(std::span<const ChoiceRow> rows, int64_t token_budget) {
  std::vector<RowRange> passes;
  int64_t tokens = token_budget;
  for (size_t row = 0; row < rows.size(); ++row) {
    tokens += std::ssize(rows[row].tokens);
    if (tokens > token_budget) {
      passes.push_back({.begin = row});
      tokens = std::ssize(rows[row].tokens);
    }
    ++passes.back().count;
  }
  return passes;
}

// Adds what the rows are told to the scores of their episodes' choices. Rows of other passes never share a choice.
void score_pass(const TunedNetwork& network, const tensor::ParameterLeaves& parameters, int64_t replica, std::span<const ChoiceRow> rows,
                std::vector<std::vector<double>>& scores) {
  const bool has_head = network.parts().classes > 0;
  std::vector<TunedRow> pass;
  for (const ChoiceRow& row : rows) pass.push_back({.replica = replica, .tokens = row.tokens, .wanted = row.wanted});
  const at::Tensor hidden = network.hidden(parameters, pass);
  const at::Tensor told =
      (has_head ? network.class_logits(parameters, replica, hidden) : network.logits(parameters, hidden)).log_softmax(-1).to(at::kCPU);
  const auto table = told.accessor<float, 2>();
  int64_t state = 0;
  for (const ChoiceRow& row : rows) {
    for (const std::vector<TokenId>& asked : row.asked) {
      for (size_t choice = 0; choice < asked.size(); ++choice)
        scores[row.episode][row.choice + choice] += static_cast<double>(table[state][has_head ? static_cast<int64_t>(choice) : asked[choice]]);
      ++state;
    }
  }
}

}  // namespace

std::vector<std::vector<double>> scores_of(const TunedNetwork& network, const tensor::ParameterLeaves& parameters, int64_t replica,
                                           std::span<const JudgedEpisode> episodes, int64_t token_budget) {
  const bool has_head = network.parts().classes > 0;
  std::vector<ChoiceRow> rows;
  std::vector<std::vector<double>> scores;
  for (size_t i = 0; i < episodes.size(); ++i) {
    add_rows(episodes[i], i, has_head, rows);
    scores.emplace_back(episodes[i].encoded.choices.size(), 0.0);
  }
  const std::vector<RowRange> passes = passes_of(rows, token_budget);
  at::parallel_for(0, std::ssize(passes), 1, [&](int64_t begin, int64_t end) {
    const c10::NoGradGuard guard;
    for (int64_t pass = begin; pass < end; ++pass)
      score_pass(network, parameters, replica,
                 std::span(rows).subspan(passes[static_cast<size_t>(pass)].begin, passes[static_cast<size_t>(pass)].count), scores);
  });
  return scores;
}

bool is_better(const Judgement& left, const Judgement& right) {
  if (left.accuracy != right.accuracy) return left.accuracy > right.accuracy;
  return left.loss < right.loss;
}

Judgement judge(std::span<const std::vector<double>> scores, std::span<const JudgedEpisode> episodes) {
  Judgement judgement;
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto best = std::ranges::max_element(scores[i]) - scores[i].begin();
    judgement.accuracy += best == episodes[i].target ? 1 : 0;
    judgement.loss -= scores[i][static_cast<size_t>(episodes[i].target)];
  }
  const auto count = static_cast<double>(std::max<size_t>(1, scores.size()));
  return {.accuracy = judgement.accuracy / count, .loss = judgement.loss / count};
}

}  // namespace manabi::learn
