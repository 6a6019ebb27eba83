// What a query's last token does in each layer, read in passes that are compared: with demonstrations, without, and without but tuned.
//
// Letters: P queries, L layers, H heads, D width, S tokens of all demonstrations.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "model/checkpoint.h"
#include "world/episode.h"

namespace manabi::study::dual_form {

using model::TokenId;

// The demonstrations and queries of one task, as tokens. Every demonstration is encoded by itself, so that tuning reads the very tokens that the
// prompt shows.
struct TokenEpisodes {
  std::vector<std::vector<TokenId>> demonstrations;
  std::vector<std::vector<TokenId>> queries;  // up to the answer
  std::vector<std::vector<TokenId>> answers;  // of each query, the first token in which each class's label differs from the others
  std::vector<int64_t> targets;               // of the queries
};

// Episodes that share their demonstrations, beside the same queries without any. Throws base::Error as learn::encode_episode does for one token.
TokenEpisodes tokens_of(std::span<const world::Episode> shown, std::span<const world::Episode> bare, const text::Tokenizer& tokenizer);

// Of the last token of every query.
struct Readings {
  at::Tensor attention_out;        // [P, L, D] float32
  std::vector<at::Tensor> scores;  // of each query [L, H, S + T] float32: before the softmax, of the demonstrations' tokens and its own
  at::Tensor queries;              // [P, L, H, E] float32: before they are turned
  std::vector<bool> right;         // whether the right class has the largest logit
};

// Runs the queries, behind a prefix or alone.
Readings read_queries(const model::CausalLM& lm, const TokenEpisodes& episodes, const std::shared_ptr<const model::Cache>& prefix,
                      int64_t token_budget, const base::Watch& watch);
// The answers alone.
std::vector<bool> judge_queries(const model::CausalLM& lm, const TokenEpisodes& episodes, int64_t token_budget, const base::Watch& watch);

// The demonstrations one after the other; null where there are none.
std::shared_ptr<const model::Cache> read_demonstrations(const model::CausalLM& lm, const TokenEpisodes& episodes);

}  // namespace manabi::study::dual_form
