#include "app/verbs/probe/prompts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"
#include "base/format/json.h"
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

void print_likeliest(const std::string& run, const model::Checkpoint& checkpoint, const at::Tensor& hidden, int64_t count,
                     text::TokenId followed, std::ostream& out) {
  const at::Tensor logs = at::log_softmax(checkpoint.lm->logits(hidden), -1).to(at::kCPU, at::kDouble)[0];
  const auto [values, tokens] = logs.topk(count);
  out << fmt::format("{:<16}", run);
  for (int64_t i = 0; i < count; ++i) {
    const std::string text = checkpoint.tokenizer->bytes_of(static_cast<text::TokenId>(tokens[i].item<int64_t>()));
    out << fmt::format("  {:<14} {:>5.1f} %", base::Json(base::printable(text)).dump(), 100 * std::exp(values[i].item<double>()));
  }
  if (followed >= 0) out << fmt::format("  answer {:.3f}", logs[followed].item<double>());
  out << "\n";
}

}  // namespace manabi::app
