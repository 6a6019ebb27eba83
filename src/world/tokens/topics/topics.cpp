#include "world/tokens/topics/topics.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace manabi::world {
namespace {

void check(const TopicConfig& config) {
  if (config.fewest_classes < 2 || config.most_classes < config.fewest_classes)
    throw base::Error({.where = "classes of a topic",
                       .given = fmt::format("{} to {}", config.fewest_classes, config.most_classes),
                       .expected = "at least two, and the fewest first"});
  if (config.natural_only < 1 || config.unseen < 1 || config.natural_only + config.unseen >= config.topics)
    throw base::Error({.where = "topics",
                       .given = fmt::format("{}, of which {} natural only and {} unseen", config.topics, config.natural_only, config.unseen),
                       .expected = "at least one of each kind"});
  if (config.rare_symbols < config.most_classes || config.symbols - config.rare_symbols < config.most_classes)
    throw base::Error({.where = "symbols",
                       .given = fmt::format("{}, of which {} rare", config.symbols, config.rare_symbols),
                       .expected = fmt::format("as many rare ones and as many others as a topic has classes, {}", config.most_classes)});
  if (config.own_share < 0 || config.other_share < 0 || config.own_share + config.other_share > 1)
    throw base::Error({.where = "words of an example",
                       .given = fmt::format("shares {} and {}", config.own_share, config.other_share),
                       .expected = "shares that leave the rest to fillers"});
}

int64_t below(base::Rng& rng, int64_t limit) { return static_cast<int64_t>(rng.below(static_cast<uint64_t>(limit))); }

}  // namespace

Topics::Topics(const TopicConfig& config) : config_(config) {
  check(config);
  for (int64_t topic = 0; topic < config.topics; ++topic) {
    first_classes_.push_back(all_classes_);
    all_classes_ += classes(topic);
  }
}

int64_t Topics::classes(int64_t topic) const { return config_.fewest_classes + topic % (config_.most_classes - config_.fewest_classes + 1); }

int64_t Topics::count(TopicGroup group) const {
  switch (group) {
    case TopicGroup::natural_only:
      return config_.natural_only;
    case TopicGroup::unseen:
      return config_.unseen;
    default:
      return config_.topics - config_.natural_only - config_.unseen;
  }
}

int64_t Topics::first(TopicGroup group) const {
  if (group == TopicGroup::every_mode) return 0;
  return config_.topics - config_.unseen - (group == TopicGroup::natural_only ? config_.natural_only : 0);
}

int64_t Topics::vocabulary() const { return filler(config_.fillers) + all_classes_ * config_.class_words; }

int64_t Topics::word(int64_t topic, int64_t of_class, int64_t index) const {
  return filler(config_.fillers) + (first_class(topic) + of_class) * config_.class_words + index;
}

void Topics::draw_words(base::Rng& rng, int64_t topic, int64_t of_class, std::span<int64_t> into) const {
  for (int64_t& word_drawn : into) {
    const double kind = rng.uniform();
    if (kind >= config_.own_share + config_.other_share) {
      word_drawn = filler(below(rng, config_.fillers));
      continue;
    }
    int64_t owner = of_class;
    if (kind >= config_.own_share) owner = (of_class + 1 + below(rng, classes(topic) - 1)) % classes(topic);
    word_drawn = word(topic, owner, below(rng, config_.class_words));
  }
}

double Topics::log_likelihood(int64_t topic, int64_t of_class, std::span<const int64_t> words) const {
  const double own = std::log(config_.own_share), other = std::log(config_.other_share / static_cast<double>(classes(topic) - 1));
  const int64_t begin = word(topic, 0, 0), own_begin = word(topic, of_class, 0);
  double sum = 0;
  for (const int64_t one : words) {
    const bool is_of_topic = one >= begin && one < begin + classes(topic) * config_.class_words;
    const bool is_own = one >= own_begin && one < own_begin + config_.class_words;
    if (is_of_topic) sum += is_own ? own : other;
  }
  return sum;
}

std::vector<int64_t> Topics::draw_symbols(base::Rng& rng, int64_t topic, SymbolKind kind) const {
  const int64_t frequent = config_.symbols - config_.rare_symbols, first = kind == SymbolKind::rare ? frequent : 0;
  std::vector<int64_t> symbols = rng.permutation(kind == SymbolKind::rare ? config_.rare_symbols : frequent);
  symbols.resize(static_cast<size_t>(classes(topic)));
  for (int64_t& one : symbols) one = symbol(first + one);
  return symbols;
}

}  // namespace manabi::world
