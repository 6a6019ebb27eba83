// Tokens that are found in the text before anything else happens to it: special ones ("<|im_start|>") and words added to a vocabulary.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace manabi::text {

struct AddedToken {
  TokenId id = 0;
  std::string spelling;
  bool special = false;
  bool single_word = false;  // only where no letter, digit or underscore touches it
  bool lstrip = false;       // takes the white space in front of it
  bool rstrip = false;       // and behind it
  bool normalized = false;   // searched for after all those that are not
};

// A stretch of the text: ordinary text, or exactly one added token.
struct Segment {
  std::string_view text;
  std::optional<TokenId> id;
};

class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  // Cuts well-formed UTF-8 at the tokens, at each place the longest that fits. `Specials::literal` leaves special tokens in the text.
  std::vector<Segment> split(std::string_view text, Specials specials) const;

  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  // Indices into `tokens_` by first byte, longest spelling first.
  using Finder = std::array<std::vector<size_t>, 256>;

  void split_with(const Finder& finder, std::string_view text, Specials specials, std::vector<Segment>& segments) const;
  const AddedToken* token_at(const Finder& finder, std::string_view text, size_t at, Specials specials) const;

  std::vector<AddedToken> tokens_;
  Finder plain_;
  Finder normalized_;
};

}  // namespace manabi::text
