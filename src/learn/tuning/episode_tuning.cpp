#include "learn/tuning/episode_tuning.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "base/error.h"
#include "world/few_shot/few_shot.h"

namespace manabi::learn {

Splits draw_splits(const world::ZeroShot& task, const SplitSizes& sizes, uint64_t seed) {
  const world::Dataset& dataset = task.dataset();
  const int64_t wanted = sizes.train + sizes.dev;
  if (std::ssize(dataset.train) < wanted)
    throw base::Error({.where = dataset.name,
                       .given = fmt::format("{} examples to tune on and {} to choose on", sizes.train, sizes.dev),
                       .expected = fmt::format("at most {} together: so many are in its training split", dataset.train.size())});
  if (dataset.test.empty()) throw base::Error({.where = dataset.name, .given = "an empty test split", .expected = "examples to judge on"});
  const std::vector<world::Example> dev = world::balanced_sample(dataset.train, dataset.classes(), sizes.dev, /*seed=*/0);
  std::set<std::string> taken;
  for (const world::Example& example : dev) taken.insert(example.id);
  std::vector<world::Example> rest;
  for (const world::Example& example : dataset.train)
    if (!taken.contains(example.id)) rest.push_back(example);
  std::vector<world::Example> judged;
  for (const int64_t index : world::query_order(dataset, 0)) {
    if (std::ssize(judged) == sizes.test) break;
    judged.push_back(dataset.test[static_cast<size_t>(index)]);
  }
  return {.train = task.episodes(world::balanced_sample(rest, dataset.classes(), sizes.train, seed)),
          .dev = task.episodes(dev),
          .test = task.episodes(judged)};
}

std::vector<JudgedEpisode> encode_all(const text::Tokenizer& tokenizer, std::span<const world::Episode> episodes, const ReaderOptions& options,
                                      const SoftTemplate* soft_template) {
  std::vector<JudgedEpisode> encoded;
  for (const world::Episode& episode : episodes) {
    JudgedEpisode& each = encoded.emplace_back(JudgedEpisode{.encoded = encode_episode(tokenizer, episode, options), .target = episode.target});
    if (soft_template) each.encoded.prompt = soft_template->around(each.encoded.prompt);
  }
  return encoded;
}

std::shared_ptr<const std::vector<TuningItem>> items_of(std::span<const JudgedEpisode> episodes) {
  auto items = std::make_shared<std::vector<TuningItem>>();
  for (const JudgedEpisode& episode : episodes) items->push_back(item_of(episode.encoded, episode.target));
  return items;
}

std::vector<std::string> labels_of(std::span<const world::Episode> episodes) { return episodes.front().choices; }

}  // namespace manabi::learn
