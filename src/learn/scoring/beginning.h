// The beginning-of-text token: once in front of a sequence, never again after a cached prefix.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace manabi::learn {

using text::TokenId;

enum class BeginningToken { as_checkpoint, always, never };
BeginningToken parse_beginning_token(const std::string& name);  // "auto", "always", "never"

// The token that goes in front of a sequence, if one does. Throws base::Error when it is asked for and the tokenizer has none.
std::optional<TokenId> beginning_of(const text::Tokenizer& tokenizer, BeginningToken policy);

// Puts that token in front, unless the text already spelled it there.
void add_beginning(std::vector<TokenId>& tokens, std::optional<TokenId> beginning);

// What stands for an empty context: the beginning token, else the end token, as in lm-evaluation-harness. Throws base::Error naming `where`
// when the tokenizer has neither.
TokenId stand_in_for_context(const text::Tokenizer& tokenizer, const std::string& where);

}  // namespace manabi::learn
