// A tokenizer for small made-up languages: a list of symbols, of which the longest that fits is read at every place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace manabi::text {

class SymbolTokenizer final : public Tokenizer {
 public:
  // The id of a symbol is its place. Throws base::Error for an empty symbol or one that is there twice.
  explicit SymbolTokenizer(std::vector<std::string> symbols);

  // Throws base::Error that names the place for a text that holds something else.
  std::vector<TokenId> encode(std::string_view text, Specials specials = Specials::parse) const override;
  std::string bytes_of(TokenId id) const override;
  int64_t size() const override { return static_cast<int64_t>(symbols_.size()); }
  std::optional<TokenId> bos() const override { return std::nullopt; }
  std::optional<TokenId> eos() const override { return std::nullopt; }
  bool adds_bos() const override { return false; }
  bool is_special(TokenId) const override { return false; }
  std::string fingerprint() const override;

 private:
  std::vector<std::string> symbols_;
  std::map<std::string, TokenId, std::less<>> ids_;
  size_t longest_ = 0;
};

}  // namespace manabi::text
