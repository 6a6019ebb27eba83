// Bytes, two special tokens and the words it is given; the longest word that fits comes first, so that text can melt over a boundary.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/tokenizer.h"

namespace manabi::test {

class ToyTokenizer final : public text::Tokenizer {
 public:
  static constexpr text::TokenId kBeginning = 256;
  static constexpr text::TokenId kEnd = 257;
  static constexpr text::TokenId kFirstWord = 258;

  struct Options {
    std::vector<std::string> words;
    bool adds_bos = false;
    bool has_bos = true;
    bool has_eos = true;
  };
  explicit ToyTokenizer(Options options) : options_(std::move(options)) {}

  std::vector<text::TokenId> encode(std::string_view text, text::Specials = text::Specials::parse) const override {
    std::vector<text::TokenId> ids;
    while (!text.empty()) {
      size_t longest = 1;
      auto id = static_cast<text::TokenId>(static_cast<unsigned char>(text.front()));
      if (text.starts_with("<s>")) longest = 3, id = kBeginning;
      for (size_t word = 0; word < options_.words.size(); ++word) {
        if (options_.words[word].size() <= longest || !text.starts_with(options_.words[word])) continue;
        longest = options_.words[word].size();
        id = kFirstWord + static_cast<text::TokenId>(word);
      }
      ids.push_back(id);
      text.remove_prefix(longest);
    }
    return ids;
  }

  std::string bytes_of(text::TokenId id) const override {
    if (id == kBeginning) return "<s>";
    if (id == kEnd) return "</s>";
    return id < kBeginning ? std::string(1, static_cast<char>(id)) : options_.words.at(static_cast<size_t>(id - kFirstWord));
  }

  int64_t size() const override { return kFirstWord + static_cast<int64_t>(options_.words.size()); }
  std::optional<text::TokenId> bos() const override { return options_.has_bos ? std::optional(kBeginning) : std::nullopt; }
  std::optional<text::TokenId> eos() const override { return options_.has_eos ? std::optional(kEnd) : std::nullopt; }
  bool adds_bos() const override { return options_.adds_bos; }
  bool is_special(text::TokenId id) const override { return id == kBeginning || id == kEnd; }
  std::string fingerprint() const override { return "toy"; }

 private:
  Options options_;
};

}  // namespace manabi::test
