#include "model/network/token_network_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "model/config_reader.h"

namespace manabi::model {
namespace {

constexpr int64_t kLargestSize = int64_t{1} << 24;  // beyond this a file is damaged
constexpr int64_t kMostLayers = 4096;

size_t place_of(const std::string& word, const std::vector<std::string>& words) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) throw base::Error({.given = "'" + word + "'", .expected = fmt::format("one of {}", fmt::join(words, ", "))});
  return static_cast<size_t>(found - words.begin());
}

template <class Kind>
const std::string& word_of(Kind kind, const std::vector<std::string>& words) {
  return words[static_cast<size_t>(kind)];
}

// Reads keys one by one; every refusal names its own.
class Reader {
 public:
  Reader(const base::Json& json, std::string where) : config_(json, std::move(where)) {}

  int64_t size(const char* key, int64_t least, int64_t most) const {
    const int64_t value = config_.integer(key);
    if (value < least || value > most) refuse(at(key), std::to_string(value), fmt::format("{} to {}", least, most));
    return value;
  }
  double number(const char* key, double or_else) const { return config_.number(key, or_else); }
  template <class Kind>
  Kind kind(const char* key, const std::vector<std::string>& words) const {
    const std::string word = config_.text(key, "");
    if (std::ranges::find(words, word) == words.end())
      refuse(at(key), word.empty() ? "nothing" : word, fmt::format("one of {}", fmt::join(words, ", ")));
    return static_cast<Kind>(place_of(word, words));
  }

 private:
  std::string at(const char* key) const { return fmt::format("{}, key '{}'", config_.where(), key); }

  ConfigReader config_;
};

}  // namespace

std::vector<std::string> position_words() { return {"none", "learned", "sinusoidal", "rotary", "one_hot"}; }
std::vector<std::string> norm_words() { return {"before", "after", "none"}; }
std::vector<std::string> attention_words() { return {"softmax", "linear", "linear_mean"}; }
std::vector<std::string> activation_words() { return {"gelu", "relu"}; }

Positions positions_named(const std::string& word) { return static_cast<Positions>(place_of(word, position_words())); }
Norms norms_named(const std::string& word) { return static_cast<Norms>(place_of(word, norm_words())); }
tensor::AttentionWeights attention_named(const std::string& word) {
  return static_cast<tensor::AttentionWeights>(place_of(word, attention_words()));
}
tensor::Activation activation_named(const std::string& word) { return static_cast<tensor::Activation>(place_of(word, activation_words())); }

base::Json json_of(const TokenNetworkConfig& config) {
  const DecoderConfig& decoder = config.decoder;
  return {{"model_type", kTrainedModelType},
          {"layers", decoder.layers},
          {"width", decoder.width},
          {"heads", decoder.heads},
          {"mlp_ratio", decoder.mlp_ratio},
          {"activation", word_of(decoder.activation, activation_words())},
          {"attention", word_of(decoder.attention, attention_words())},
          {"norms", word_of(decoder.norms, norm_words())},
          {"norm_epsilon", decoder.norm_epsilon},
          {"shares_blocks", decoder.shares_blocks},
          {"positions", word_of(config.positions.scheme, position_words())},
          {"longest_period", config.positions.longest_period},
          {"rotary_base", config.positions.rotary_base},
          {"vocabulary", config.vocabulary},
          {"outputs", config.outputs > 0 ? config.outputs : config.vocabulary},
          {"context", config.context}};
}

TokenNetworkConfig token_network_from_json(const base::Json& json, const std::string& where) {
  const Reader read(json, where);
  TokenNetworkConfig config{.decoder = {.layers = read.size("layers", 0, kMostLayers),
                                        .width = read.size("width", 1, kLargestSize),
                                        .heads = read.size("heads", 1, kLargestSize),
                                        .mlp_ratio = read.size("mlp_ratio", 0, 1024),
                                        .activation = read.kind<tensor::Activation>("activation", activation_words()),
                                        .attention = read.kind<tensor::AttentionWeights>("attention", attention_words()),
                                        .norms = read.kind<Norms>("norms", norm_words()),
                                        .norm_epsilon = read.number("norm_epsilon", DecoderConfig().norm_epsilon),
                                        .shares_blocks = json.value("shares_blocks", false)},
                            .vocabulary = read.size("vocabulary", 1, kLargestSize),
                            .outputs = read.size("outputs", 1, kLargestSize),
                            .context = read.size("context", 1, kLargestSize),
                            .positions = read.kind<Positions>("positions", position_words())};
  config.positions.longest_period = read.number("longest_period", config.positions.longest_period);
  config.positions.rotary_base = read.number("rotary_base", config.positions.rotary_base);
  return config;
}

}  // namespace manabi::model
