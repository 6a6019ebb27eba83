// What a network is tuned on: token sequences of which the end is asked, and the order in which steps take them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "learn/scoring/few_shot_reader.h"
#include "model/tuned/tuned_network.h"

namespace manabi::learn {

struct TuningItem {
  std::vector<TokenId> tokens;  // soft tokens (model/tuned/tuned_network.h) among them
  int64_t asked_from = 1;       // tokens [asked_from, end) are told, each from those before it; asked_from >= 1, or behind a prompt 0
  int64_t label = -1;           // the class, where a head is asked instead
  std::vector<double> weights;  // of each asked token in the item's mean, not all 0; none: all alike
};

// The prompt of an episode and its right choice, which is what is asked.
TuningItem item_of(const EncodedEpisode& episode, int64_t target);

// Item numbers for `length` places: all items in a new random order, again and again.
std::vector<int64_t> shuffled_epochs(int64_t items, int64_t length, const base::Rng& rng);

}  // namespace manabi::learn
