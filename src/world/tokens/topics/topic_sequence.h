// Sequences in the language of topics under the three label settings, and the learners of theory that read them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "world/tokens/topics/topics.h"

namespace manabi::world {

// gold: the natural label of the true class. random: the natural label of a class drawn uniformly, whatever the words. abstract: the symbol that
// stands for the true class in this sequence. What is asked is always the true class.
enum class TopicLabels { gold, random, abstract };

struct TopicSequence {
  int64_t topic = 0;
  std::vector<int64_t> tokens_of_class;  // how each class is written here
  std::vector<int64_t> true_classes;     // of each example
  std::vector<int64_t> shown_classes;    // as its label says
  std::vector<int64_t> words;            // [examples, words]
};

struct TopicSetting {
  TopicLabels labels = TopicLabels::gold;
  SymbolKind symbols = SymbolKind::frequent;  // where labels are abstract
};

// A pure function of its arguments. The topic's examples are the same under every setting, and the first of a longer sequence are those of a
// shorter one.
TopicSequence draw_sequence(const Topics& topics, const base::Rng& rng, int64_t topic, const TopicSetting& setting, int64_t examples);

// A prompt of K demonstrations and a query, up to its separator.
struct TopicPrompt {
  std::vector<int64_t> tokens;
  std::vector<int64_t> choices;  // tokens of the classes
  int64_t target = 0;            // index of the true one
};

// The last example is the query; the K before it are dropped but for the first `shots`.
TopicPrompt prompt_of(const Topics& topics, const TopicSequence& sequence, int64_t shots);

// Log-probabilities of the query's classes under the true laws of the topic and a uniform prior, whatever the demonstrations say: the most that
// recognition can give.
std::vector<double> recognise(const Topics& topics, const TopicSequence& sequence);
// The same of a naive Bayes classifier that knows no topic, fitted to the first `shots` examples as their labels say, with one count added to
// each word of the language and to each class.
std::vector<double> learn_naively(const Topics& topics, const TopicSequence& sequence, int64_t shots);

}  // namespace manabi::world
