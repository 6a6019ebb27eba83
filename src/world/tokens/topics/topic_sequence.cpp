#include "world/tokens/topics/topic_sequence.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace manabi::world {
namespace {

int64_t draw_class(base::Rng& rng, int64_t classes) { return static_cast<int64_t>(rng.below(static_cast<uint64_t>(classes))); }

std::span<const int64_t> words_of(const Topics& topics, const TopicSequence& sequence, int64_t example) {
  const auto width = static_cast<size_t>(topics.config().words);
  return std::span(sequence.words).subspan(static_cast<size_t>(example) * width, width);
}

// Log-probabilities of scores that are known up to a constant.
std::vector<double> normalised(std::vector<double> scores) {
  const double largest = *std::ranges::max_element(scores);
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - largest);
  for (double& score : scores) score -= largest + std::log(sum);
  return scores;
}

}  // namespace

TopicSequence draw_sequence(const Topics& topics, const base::Rng& rng, int64_t topic, const TopicSetting& setting, int64_t examples) {
  const int64_t classes = topics.classes(topic);
  base::Rng inputs = rng.child("inputs"), labels = rng.child("labels");
  TopicSequence sequence{.topic = topic};
  if (setting.labels == TopicLabels::abstract) {
    base::Rng symbols = rng.child("symbols");
    sequence.tokens_of_class = topics.draw_symbols(symbols, topic, setting.symbols);
  } else {
    for (int64_t c = 0; c < classes; ++c) sequence.tokens_of_class.push_back(topics.label(topic, c));
  }
  const auto width = static_cast<size_t>(topics.config().words);
  sequence.words.resize(static_cast<size_t>(examples) * width);
  for (int64_t example = 0; example < examples; ++example) {
    const int64_t true_class = draw_class(inputs, classes);
    topics.draw_words(inputs, topic, true_class, std::span(sequence.words).subspan(static_cast<size_t>(example) * width, width));
    sequence.true_classes.push_back(true_class);
    sequence.shown_classes.push_back(setting.labels == TopicLabels::random ? draw_class(labels, classes) : true_class);
  }
  return sequence;
}

TopicPrompt prompt_of(const Topics& topics, const TopicSequence& sequence, int64_t shots) {
  TopicPrompt prompt{.choices = sequence.tokens_of_class, .target = sequence.true_classes.back()};
  const auto add_words = [&](int64_t example) {
    const std::span<const int64_t> words = words_of(topics, sequence, example);
    prompt.tokens.insert(prompt.tokens.end(), words.begin(), words.end());
    prompt.tokens.push_back(topics.separator());
  };
  for (int64_t example = 0; example < shots; ++example) {
    add_words(example);
    prompt.tokens.push_back(prompt.choices[static_cast<size_t>(sequence.shown_classes[static_cast<size_t>(example)])]);
    prompt.tokens.push_back(topics.line_end());
  }
  add_words(std::ssize(sequence.true_classes) - 1);
  return prompt;
}

std::vector<double> recognise(const Topics& topics, const TopicSequence& sequence) {
  const std::span<const int64_t> query = words_of(topics, sequence, std::ssize(sequence.true_classes) - 1);
  std::vector<double> scores;
  for (int64_t c = 0; c < topics.classes(sequence.topic); ++c) scores.push_back(topics.log_likelihood(sequence.topic, c, query));
  return normalised(std::move(scores));
}

std::vector<double> learn_naively(const Topics& topics, const TopicSequence& sequence, int64_t shots) {
  const std::span<const int64_t> query = words_of(topics, sequence, std::ssize(sequence.true_classes) - 1);
  const auto language = static_cast<double>(topics.vocabulary() - topics.filler(0));
  std::vector<double> scores;
  for (int64_t c = 0; c < topics.classes(sequence.topic); ++c) {
    std::vector<int64_t> seen;  // words of the demonstrations that are labelled c
    int64_t demonstrations = 0;
    for (int64_t example = 0; example < shots; ++example) {
      if (sequence.shown_classes[static_cast<size_t>(example)] != c) continue;
      const std::span<const int64_t> words = words_of(topics, sequence, example);
      seen.insert(seen.end(), words.begin(), words.end());
      ++demonstrations;
    }
    double score = std::log(static_cast<double>(demonstrations + 1));
    for (const int64_t word : query)
      score += std::log((static_cast<double>(std::ranges::count(seen, word)) + 1) / (static_cast<double>(seen.size()) + language));
    scores.push_back(score);
  }
  return normalised(std::move(scores));
}

}  // namespace manabi::world
