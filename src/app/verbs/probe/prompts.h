// What the probe verbs make of the texts that a user gives.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "model/checkpoint.h"
#include "text/tokenizer.h"

namespace manabi::app {

// The text's tokens, the beginning token included as `beginning` says (see learn::parse_beginning_token).
std::vector<text::TokenId> prompt_tokens(const model::Checkpoint& checkpoint, const std::string& text, const std::string& beginning);

// The token by which an answer is told: its first one, and a message that says so where it has several. Throws base::Error for an empty answer,
// with `where` the option that gave it.
text::TokenId answer_token(const model::Checkpoint& checkpoint, const std::string& answer, const std::string& where, std::ostream& messages);

// Each token as readers see it.
std::vector<std::string> printed_tokens(const model::Checkpoint& checkpoint, const std::vector<text::TokenId>& tokens);

// The likeliest next tokens after hidden [1, D], on one line behind `run`; `followed` is a token whose log-probability is added, or -1.
void print_likeliest(const std::string& run, const model::Checkpoint& checkpoint, const at::Tensor& hidden, int64_t count,
                     text::TokenId followed, std::ostream& out);

}  // namespace manabi::app
