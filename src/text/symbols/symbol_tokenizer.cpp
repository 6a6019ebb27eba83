#include "text/symbols/symbol_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace manabi::text {

SymbolTokenizer::SymbolTokenizer(std::vector<std::string> symbols) : symbols_(std::move(symbols)) {
  for (const std::string& symbol : symbols_) {
    if (symbol.empty() || !ids_.emplace(symbol, static_cast<TokenId>(ids_.size())).second)
      throw base::Error({.where = "symbols", .given = "'" + symbol + "'", .expected = "symbols of at least one byte, each once"});
    longest_ = std::max(longest_, symbol.size());
  }
}

std::vector<TokenId> SymbolTokenizer::encode(std::string_view text, Specials) const {
  std::vector<TokenId> tokens;
  for (size_t at = 0; at < text.size();) {
    size_t length = std::min(longest_, text.size() - at);
    auto found = ids_.end();
    for (; length > 0 && found == ids_.end(); --length) found = ids_.find(text.substr(at, length));
    if (found == ids_.end())
      throw base::Error(
          {.where = fmt::format("byte {} of '{}'", at, text), .given = "no symbol of this language", .expected = "one of its symbols"});
    tokens.push_back(found->second);
    at += found->first.size();
  }
  return tokens;
}

std::string SymbolTokenizer::bytes_of(TokenId id) const {
  if (id < 0 || id >= size())
    throw base::Error({.where = "token", .given = std::to_string(id), .expected = "0 to " + std::to_string(size() - 1)});
  return symbols_[static_cast<size_t>(id)];
}

std::string SymbolTokenizer::fingerprint() const {
  std::string all;
  for (const std::string& symbol : symbols_) all += std::to_string(symbol.size()) + ":" + symbol;
  return base::sha256(all);
}

}  // namespace manabi::text
