#include "world/tokens/topics/topic_words.h"

#include <fmt/format.h>

namespace manabi::world {

std::vector<std::string> topic_words(const Topics& topics) {
  const TopicConfig& config = topics.config();
  std::vector<std::string> words(static_cast<size_t>(topics.vocabulary()));
  const auto name = [&](int64_t id, std::string word) { words[static_cast<size_t>(id)] = std::move(word); };
  for (int64_t topic = 0; topic < config.topics; ++topic)
    for (int64_t of_class = 0; of_class < topics.classes(topic); ++of_class) {
      const std::string label = fmt::format("t{}c{}", topic, of_class);
      name(topics.label(topic, of_class), label);
      for (int64_t word = 0; word < config.class_words; ++word) name(topics.word(topic, of_class, word), fmt::format("{}w{}", label, word));
    }
  for (int64_t symbol = 0; symbol < config.symbols; ++symbol)
    name(topics.symbol(symbol), config.symbols <= 26 ? std::string(1, static_cast<char>('A' + symbol)) : fmt::format("s{}", symbol));
  for (int64_t filler = 0; filler < config.fillers; ++filler) name(topics.filler(filler), fmt::format("f{}", filler));
  name(topics.separator(), ":");
  name(topics.line_end(), ";");
  return words;
}

}  // namespace manabi::world
