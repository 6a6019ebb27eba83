#include "app/verbs/probe/prompts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/format/printable.h"
#include "learn/scoring/beginning.h"

namespace manabi::app {

std::vector<text::TokenId> prompt_tokens(const model::Checkpoint& checkpoint, const std::string& text, const std::string& beginning) {
  std::vector<text::TokenId> tokens = checkpoint.tokenizer->encode(text);
  learn::add_beginning(tokens, learn::beginning_of(*checkpoint.tokenizer, learn::parse_beginning_token(beginning)));
  return tokens;
}

text::TokenId answer_token(const model::Checkpoint& checkpoint, const std::string& answer, const std::string& where, std::ostream& messages) {
  const std::vector<text::TokenId> tokens = checkpoint.tokenizer->encode(answer);
  if (tokens.empty()) throw base::Error({.where = where, .given = "nothing", .expected = "a text of at least one token"});
  if (tokens.size() > 1) {
    const std::vector<std::string> pieces = printed_tokens(checkpoint, tokens);
    messages << fmt::format("{}: '{}' is {} tokens ('{}'): the first one is scored\n", where, answer, tokens.size(), fmt::join(pieces, "', '"));
  }
  return tokens.front();
}

std::vector<std::string> printed_tokens(const model::Checkpoint& checkpoint, const std::vector<text::TokenId>& tokens) {
  std::vector<std::string> pieces;
  for (const text::TokenId token : tokens) pieces.push_back(base::printable(checkpoint.tokenizer->bytes_of(token)));
  return pieces;
}

}  // namespace manabi::app
