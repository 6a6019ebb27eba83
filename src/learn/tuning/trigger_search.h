// AutoPrompt (Shin et al. 2020): words in front of every prompt, found by following the gradient of the loss to the embeddings; and words for
// the labels, found in what the network's last state says of the classes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/watch.h"
#include "learn/tuning/run/tuning_judge.h"
#include "model/causal_lm.h"
#include "model/tuned/frozen_network.h"
#include "text/tokenizer.h"

namespace manabi::learn {

// The tokens that count as each class: their probabilities are added up.
using LabelWords = std::vector<std::vector<TokenId>>;

struct TriggerOptions {
  int64_t triggers = 3;     // tokens in front
  int64_t candidates = 10;  // that are tried in the place of one of them
  int64_t batch = 16;
  int64_t batches = 1;  // whose gradients are averaged, and on as many others of which candidates are compared
  int64_t iterations = 40;
  uint64_t seed = 0;
  int64_t token_budget = 2048;
};

struct TriggerSearch {
  std::vector<TokenId> triggers;            // the best on the development split
  Judgement best;                           // of these, there
  std::vector<Judgement> judged;            // after every iteration in which the triggers changed, the first words before them
  std::vector<std::vector<TokenId>> tried;  // the triggers that `judged` are of
};

// What a search goes on from after any iteration.
struct TriggerState {
  int64_t iterations = 0;        // that are done
  std::vector<TokenId> current;  // triggers; none: nothing is done yet
  TriggerSearch search;
};

// All choices of the episodes are one token (the first of each choice counts); with label words these take their place. Begins with `first`,
// repeated or cut to the number of triggers. Candidates are ordinary tokens. `state` is what an
// interrupted search had come to; `keep` is told after every iteration. Watch: the iterations that are left. Throws base::Error for no episodes
// and for first words that are none.
TriggerSearch search_triggers(const std::shared_ptr<const model::FrozenNetwork>& network, const text::Tokenizer& tokenizer,
                              std::span<const JudgedEpisode> train, std::span<const JudgedEpisode> dev, const LabelWords& labels,
                              std::span<const TokenId> first, const TriggerOptions& options, const base::Watch& watch = {},
                              TriggerState state = {}, const std::function<void(const TriggerState&)>& keep = {});

// Of given triggers, on other episodes: log-probabilities of the classes, and how good they are.
std::vector<std::vector<double>> scores_of_triggers(const std::shared_ptr<const model::FrozenNetwork>& network,
                                                    std::span<const TokenId> triggers, std::span<const JudgedEpisode> episodes,
                                                    const LabelWords& labels, int64_t token_budget);
Judgement judge_triggers(const std::shared_ptr<const model::FrozenNetwork>& network, std::span<const TokenId> triggers,
                         std::span<const JudgedEpisode> episodes, const LabelWords& labels, int64_t token_budget);

// The first token of every choice as the words of its class.
LabelWords own_label_words(const JudgedEpisode& episode);

// `count` words a class: a linear classifier is fitted to the last states of the prompts, and the unembedding's rows that it takes for a class
// with most certainty are its words (`network`: the model's weights). Only tokens that begin a word and hold letters alone.
LabelWords search_label_words(const model::CausalLM& lm, const model::FrozenNetwork& network, const text::Tokenizer& tokenizer,
                              std::span<const JudgedEpisode> train, int64_t classes, int64_t count, int64_t token_budget);

}  // namespace manabi::learn
