#include "learn/tuning/knowledge_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "learn/scoring/beginning.h"

namespace manabi::learn {
namespace {

std::string without_white_space(std::string_view text) {
  std::string dense;
  for (const char c : text)
    if (!std::isspace(static_cast<unsigned char>(c))) dense += c;
  return dense;
}

// Where the answers stand in a text, as [begin, end) of its bytes that are no white space: tokenizers differ in what they do with the others.
std::vector<std::pair<size_t, size_t>> answer_spans(const world::Document& document, const std::string& text) {
  const std::string dense = without_white_space(text);
  std::vector<std::pair<size_t, size_t>> spans;
  for (const world::Question& question : document.questions) {
    for (const std::string& answer : question.answers) {
      const std::string wanted = without_white_space(answer);
      if (wanted.empty()) continue;
      for (size_t at = dense.find(wanted); at != std::string::npos; at = dense.find(wanted, at + 1)) spans.emplace_back(at, at + wanted.size());
    }
  }
  return spans;
}

constexpr const char* kWhiteSpace = " \t\r\n";

// How many bytes of a text its first `most` tokens stand for, up to the white space before, or else before a character: 1 at least.
size_t bytes_that_fit(const text::Tokenizer& tokenizer, const std::string& text, const std::vector<TokenId>& tokens, int64_t most) {
  size_t bytes = 0;
  for (int64_t i = 0; i < most; ++i) bytes += tokenizer.bytes_of(tokens[static_cast<size_t>(i)]).size();
  bytes = std::min(bytes, text.size() - 1);
  if (const size_t space = text.find_last_of(kWhiteSpace, bytes); space != std::string::npos && space > 0) return space;
  const auto continues = [&](size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  while (bytes > 1 && continues(bytes)) --bytes;
  return std::max<size_t>(1, bytes);
}

}  // namespace

std::vector<std::string> pieces_of(const text::Tokenizer& tokenizer, const std::string& text, int64_t most) {
  std::vector<std::string> pieces;
  std::string rest = text;
  while (true) {
    // A piece alone may have other tokens than within its text, so that what is cut off is looked at again.
    std::string piece = rest;
    std::vector<TokenId> tokens = tokenizer.encode(piece, text::Specials::literal);
    while (std::ssize(tokens) > most && piece.size() > 1) {
      piece.resize(bytes_that_fit(tokenizer, piece, tokens, most));
      tokens = tokenizer.encode(piece, text::Specials::literal);
    }
    const bool is_all = piece.size() == rest.size();
    const size_t next = is_all ? std::string::npos : rest.find_first_not_of(kWhiteSpace, piece.size());
    pieces.push_back(std::move(piece));
    if (next == std::string::npos) return pieces;
    rest.erase(0, next);
  }
}

std::vector<TokenId> begun(const text::Tokenizer& tokenizer, const std::string& text) {
  std::vector<TokenId> tokens = tokenizer.encode(text, text::Specials::literal);
  if (tokenizer.bos()) add_beginning(tokens, tokenizer.bos());
  return tokens;
}

std::vector<TokenId> tokens_of_prompt(const text::Tokenizer& tokenizer, const world::Question& question, const std::string& before) {
  return begun(tokenizer, before + question_prompt(question));
}

TuningItem item_of_document(const text::Tokenizer& tokenizer, const world::Document& document, int64_t text, int64_t context,
                            double weight_beside_answers) {
  const std::string& whole = document.texts.at(static_cast<size_t>(text));
  TuningItem item{.tokens = begun(tokenizer, whole)};
  if (std::ssize(item.tokens) > context) item.tokens.resize(static_cast<size_t>(context));
  if (item.tokens.size() < 2)
    throw base::Error({.where = "document " + document.id, .given = "a text of fewer than two tokens", .expected = "one that can be told"});
  if (weight_beside_answers == 1) return item;
  const auto spans = answer_spans(document, whole);
  size_t end = 0;
  for (size_t i = 0; i < item.tokens.size(); ++i) {
    const size_t begin = end;
    if (i > 0 || !tokenizer.bos()) end += without_white_space(tokenizer.bytes_of(item.tokens[i])).size();
    const bool is_in_answer = std::ranges::any_of(spans, [&](const auto& span) { return begin < span.second && end > span.first; });
    if (i > 0) item.weights.push_back(is_in_answer ? 1 : weight_beside_answers);
  }
  return item;
}

TuningItem item_of_answer(const text::Tokenizer& tokenizer, const std::string& prompt, const std::string& answer, int64_t context,
                          bool has_end) {
  const std::vector<TokenId> read = begun(tokenizer, prompt);
  TuningItem item{.tokens = begun(tokenizer, prompt + " " + answer)};
  // Where the prompt's last token grows with the answer, it is told too.
  item.asked_from = std::ranges::mismatch(read, item.tokens).in1 - read.begin();
  if (item.asked_from < 1 || item.asked_from >= std::ssize(item.tokens))
    throw base::Error({.given = "the answer '" + answer + "'", .expected = "one that adds a token"});
  if (has_end && tokenizer.eos()) item.tokens.push_back(*tokenizer.eos());
  if (std::ssize(item.tokens) > context)
    throw base::Error({.given = fmt::format("{} tokens with the answer", item.tokens.size()),
                       .expected = fmt::format("at most {}, the model's context", context)});
  return item;
}

TuningItem item_of_question(const text::Tokenizer& tokenizer, const world::Question& question, int64_t context) {
  try {
    return item_of_answer(tokenizer, question_prompt(question), question.answers.front(), context);
  } catch (const base::Error& error) {
    throw base::Error({.where = "question " + question.id, .given = error.fault().given, .expected = error.fault().expected});
  }
}

}  // namespace manabi::learn
