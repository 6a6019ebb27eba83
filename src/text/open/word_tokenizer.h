// A tokenizer of whole words: a token is a word with white space around it. For languages whose words are known beforehand.
#pragma once

#include <span>
#include <string>

namespace manabi::text {

// The text of its tokenizer.json: id = place among `words`, which differ and hold no white space. Special tokens ("<end>") have the ids behind
// them. A text of other words is refused.
std::string word_tokenizer_json(std::span<const std::string> words, std::span<const std::string> specials = {});

}  // namespace manabi::text
