#include "world/tokens/topics/topic_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace manabi::world {
namespace {

bool is_share(double value) { return value >= 0 && value <= 1; }

TopicSetting draw_setting(base::Rng& rng, const TopicMixture& mixture) {
  const double mode = rng.uniform(), symbols = rng.uniform();
  if (mode < mixture.random_share) return {.labels = TopicLabels::random};
  if (mode >= mixture.random_share + mixture.abstract_share) return {.labels = TopicLabels::gold};
  return {.labels = TopicLabels::abstract, .symbols = symbols < mixture.rare_share ? SymbolKind::rare : SymbolKind::frequent};
}

}  // namespace

TopicWorld::TopicWorld(std::shared_ptr<const Topics> topics, const TopicMixture& mixture, uint64_t seed)
    : topics_(std::move(topics)), mixture_(mixture), seed_(seed) {
  const bool are_shares = is_share(mixture.random_share) && is_share(mixture.abstract_share) && is_share(mixture.rare_share);
  if (!are_shares || mixture.random_share + mixture.abstract_share > 1 || mixture.most_shots < 0)
    throw base::Error({.where = "mixture of label settings",
                       .given = fmt::format("random {}, abstract {} (rare symbols in {}), up to {} demonstrations", mixture.random_share,
                                            mixture.abstract_share, mixture.rare_share, mixture.most_shots),
                       .expected = "shares of the rows that leave the rest to gold labels"});
}

TopicWorld::Drawn TopicWorld::drawn(int64_t step, int64_t row) const {
  base::Rng rng = base::Rng(seed_).child("topics").child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const TopicSetting setting = draw_setting(rng, mixture_);
  // Topics that are kept from the abstract mode come after the others, so both are a range from 0 on.
  const int64_t natural = topics_->first(TopicGroup::unseen), every_mode = topics_->count(TopicGroup::every_mode);
  const auto shown = static_cast<uint64_t>(setting.labels == TopicLabels::abstract ? every_mode : natural);
  const auto topic = static_cast<int64_t>(rng.below(shown));
  return {.setting = setting, .sequence = draw_sequence(*topics_, rng, topic, setting, asked())};
}

void TopicWorld::draw(int64_t step, int64_t row, TokenRow into) const {
  const TopicSequence sequence = drawn(step, row).sequence;
  const auto words = static_cast<size_t>(topics_->config().words);
  std::ranges::fill(into.targets, kNotAsked);
  size_t place = 0;
  for (size_t example = 0; example < sequence.true_classes.size(); ++example) {
    std::copy_n(sequence.words.begin() + static_cast<std::ptrdiff_t>(example * words), words,
                into.ids.begin() + static_cast<std::ptrdiff_t>(place));
    place += words;
    into.targets[place] = sequence.tokens_of_class[static_cast<size_t>(sequence.true_classes[example])];
    into.ids[place++] = topics_->separator();
    into.ids[place++] = sequence.tokens_of_class[static_cast<size_t>(sequence.shown_classes[example])];
    into.ids[place++] = topics_->line_end();
  }
}

TopicSequence topic_question(const Topics& topics, TopicGroup group, const TopicSetting& setting, int64_t examples, uint64_t seed,
                             int64_t index) {
  const base::Rng rng = base::Rng(seed).child("questions").child(static_cast<uint64_t>(group)).child(static_cast<uint64_t>(index));
  return draw_sequence(topics, rng, topics.first(group) + index % topics.count(group), setting, examples);
}

}  // namespace manabi::world
