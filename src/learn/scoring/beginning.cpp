#include "learn/scoring/beginning.h"

#include <array>

#include "base/error.h"

namespace manabi::learn {

BeginningToken parse_beginning_token(const std::string& name) {
  static const std::array<std::string, 3> names = {"auto", "always", "never"};
  if (name == names[0]) return BeginningToken::as_checkpoint;
  if (name == names[1]) return BeginningToken::always;
  if (name == names[2]) return BeginningToken::never;
  throw base::Error({.where = "beginning token",
                     .given = "'" + name + "'",
                     .expected = "auto (as the checkpoint says), always or never",
                     .hint = base::nearest_hint(name, names)});
}

std::optional<TokenId> beginning_of(const text::Tokenizer& tokenizer, BeginningToken policy) {
  const bool is_wanted = policy == BeginningToken::always || (policy == BeginningToken::as_checkpoint && tokenizer.adds_bos());
  if (!is_wanted) return std::nullopt;
  if (!tokenizer.bos()) {
    throw base::Error({.where = "beginning token",
                       .given = "this tokenizer has none to put in front",
                       .expected = "a tokenizer with a beginning-of-text token",
                       .hint = "use 'never'"});
  }
  return tokenizer.bos();
}

void add_beginning(std::vector<TokenId>& tokens, std::optional<TokenId> beginning) {
  if (beginning && (tokens.empty() || tokens.front() != *beginning)) tokens.insert(tokens.begin(), *beginning);
}

TokenId stand_in_for_context(const text::Tokenizer& tokenizer, const std::string& where) {
  if (tokenizer.bos()) return *tokenizer.bos();
  if (tokenizer.eos()) return *tokenizer.eos();
  throw base::Error({.where = where,
                     .given = "the context is empty, and this tokenizer has neither a beginning nor an end token to stand for it",
                     .expected = "at least one token to predict from",
                     .hint = "give a context"});
}

}  // namespace manabi::learn
