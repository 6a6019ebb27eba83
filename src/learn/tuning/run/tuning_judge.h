// How well a network of which parts are tuned answers episodes, while it is being tuned.
#pragma once

#include <span>
#include <vector>

#include "learn/scoring/few_shot_reader.h"
#include "model/tuned/tuned_network.h"

namespace manabi::learn {

struct JudgedEpisode {
  EncodedEpisode encoded;  // soft tokens may stand in its prompt
  int64_t target = 0;
};

// The scores of every episode's choices, nats over the full vocabulary (or logits of the head's classes), of one replica of the leaves.
std::vector<std::vector<double>> scores_of(const model::TunedNetwork& network, const tensor::ParameterLeaves& parameters, int64_t replica,
                                           std::span<const JudgedEpisode> episodes, int64_t token_budget);

struct Judgement {
  double accuracy = 0;
  double loss = 0;  // mean cross-entropy of the right choice, nats
};
// A better accuracy, or the same with a smaller loss. A loss that is no number is worst.
bool is_better(const Judgement& left, const Judgement& right);
Judgement judge(std::span<const std::vector<double>> scores, std::span<const JudgedEpisode> episodes);

}  // namespace manabi::learn
