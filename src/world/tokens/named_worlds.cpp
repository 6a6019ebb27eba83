#include "world/tokens/named_worlds.h"

#include <fmt/format.h>

#include "base/error.h"
#include "world/tokens/topics/topic_words.h"
#include "world/tokens/topics/topic_world.h"

namespace manabi::world {
namespace {

std::shared_ptr<const TokenWorld> make_topics(const std::shared_ptr<const Topics>& topics, int64_t length, uint64_t seed) {
  const int64_t example = topics->example_length(), examples = length / example;
  if (length < example || length % example != 0)
    throw base::Error({.where = "--context, the world 'topics'",
                       .given = fmt::format("rows of {} tokens, in examples of {}", length, example),
                       .expected = examples > 0 ? fmt::format("whole examples: {} or {}", examples * example, (examples + 1) * example)
                                                : fmt::format("whole examples: {} or a multiple of it", example)});
  return std::make_shared<TopicWorld>(topics, TopicMixture{.most_shots = examples - 1}, seed);
}

NamedWorld topics_world() {
  const auto topics = std::make_shared<const Topics>(TopicConfig{});
  return {
      .name = "topics",
      .description = fmt::format("a language of labelled examples on {} topics, with natural, random or symbolic labels; a row asks for every "
                                 "label ({} words, rows of any multiple of {} tokens)",
                                 topics->config().topics, topics->vocabulary(), topics->example_length()),
      .version = 1,
      .asked = "label",
      .usual_length = (TopicMixture().most_shots + 1) * topics->example_length(),
      .words = topic_words(*topics),
      .make = [topics](int64_t length, uint64_t seed) { return make_topics(topics, length, seed); }};
}

}  // namespace

std::vector<NamedWorld> named_worlds() { return {topics_world()}; }

}  // namespace manabi::world
