// A language of topics, small enough to learn from scratch and large enough to tell recognition from learning. A topic has two to four classes;
// a class owns some content words and one natural label word, for ever. An example is a few words, most of the example's class or filler, and
// then SEP, a label and NL. What a label means can be recognised (natural words mean the same everywhere) or must be learned from the
// demonstrations (symbols stand for the classes of one sequence only).
//
// After the design of experiments on task recognition and task learning (Pan et al. 2023), as a world whose true laws are known.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace manabi::world {

struct TopicConfig {
  int64_t topics = 64;
  int64_t fewest_classes = 2, most_classes = 4;  // topic t has fewest + t mod (most - fewest + 1)
  int64_t class_words = 12;                      // that a class owns
  int64_t fillers = 200;
  int64_t symbols = 26;
  int64_t rare_symbols = 6;  // the last ones of them
  int64_t words = 6;         // of an example
  double own_share = 0.5;    // of an example's words
  double other_share = 0.1;  // of another class of the topic
  int64_t natural_only = 8;  // topics of which training shows natural labels alone
  int64_t unseen = 8;        // topics that training never shows
};

// What training shows of a topic.
enum class TopicGroup { every_mode, natural_only, unseen };

// Which symbols stand for the classes of a sequence: those that training often shows, or rarely.
enum class SymbolKind { frequent, rare };

class Topics {
 public:
  // Throws base::Error for a configuration that is not a language.
  explicit Topics(const TopicConfig& config);

  const TopicConfig& config() const { return config_; }
  int64_t classes(int64_t topic) const;
  int64_t first(TopicGroup group) const;  // the group's topics are first .. first + count - 1
  int64_t count(TopicGroup group) const;

  // Token ids. Labels and symbols come first: they are all that is ever asked.
  int64_t outputs() const { return all_classes_ + config_.symbols; }
  int64_t vocabulary() const;
  int64_t label(int64_t topic, int64_t of_class) const { return first_class(topic) + of_class; }
  int64_t symbol(int64_t index) const { return all_classes_ + index; }
  int64_t separator() const { return outputs(); }
  int64_t line_end() const { return outputs() + 1; }
  int64_t filler(int64_t index) const { return outputs() + 2 + index; }
  int64_t word(int64_t topic, int64_t of_class, int64_t index) const;

  // Tokens of an example: its words, SEP, label, NL.
  int64_t example_length() const { return config_.words + 3; }

  // The words of one example.
  void draw_words(base::Rng& rng, int64_t topic, int64_t of_class, std::span<int64_t> into) const;
  // log p(words | class), up to a constant that is the same for all classes.
  double log_likelihood(int64_t topic, int64_t of_class, std::span<const int64_t> words) const;
  // Distinct symbols for the topic's classes, in a uniformly random order.
  std::vector<int64_t> draw_symbols(base::Rng& rng, int64_t topic, SymbolKind kind) const;

 private:
  int64_t first_class(int64_t topic) const { return first_classes_[static_cast<size_t>(topic)]; }

  TopicConfig config_;
  std::vector<int64_t> first_classes_;  // of each topic, counted over all topics
  int64_t all_classes_ = 0;
};

}  // namespace manabi::world
