#include "learn/tuning/run/tuning_items.h"

#include <algorithm>

namespace manabi::learn {

TuningItem item_of(const EncodedEpisode& episode, int64_t target) {
  TuningItem item{.tokens = episode.prompt, .asked_from = std::ssize(episode.prompt), .label = target};
  const std::vector<TokenId>& choice = episode.choices[static_cast<size_t>(target)];
  item.tokens.insert(item.tokens.end(), choice.begin(), choice.end());
  return item;
}

std::vector<int64_t> shuffled_epochs(int64_t items, int64_t length, const base::Rng& rng) {
  std::vector<int64_t> order;
  for (uint64_t epoch = 0; std::ssize(order) < length; ++epoch) {
    base::Rng shuffle = rng.child(epoch);
    const std::vector<int64_t> once = shuffle.permutation(items);
    const int64_t taken = std::min(items, length - std::ssize(order));
    order.insert(order.end(), once.begin(), once.begin() + taken);
  }
  return order;
}

}  // namespace manabi::learn
