// The plainest tokenizer there is: a token a byte, as a byte-level BPE without merges, which transformers reads too.
#pragma once

#include <string>

namespace manabi::text {

// The text of its tokenizer.json: 256 tokens, id = byte.
std::string byte_tokenizer_json();

}  // namespace manabi::text
