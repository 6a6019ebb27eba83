// Small tokenizer files for tests.
#pragma once

#include <string>
#include <vector>

#include "tests/support/gguf_writer.h"
#include "text/bpe/byte_alphabet.h"
#include "text/splitting/pieces.h"

namespace manabi::test {

// "<|end|>" (id 0, special), the 256 bytes in order, then what merges make of them.
inline const std::vector<std::string> kSmallMerges = {"h e", "l l", "he ll", "hell o", "Ġ w", "Ġw o"};

inline std::vector<std::string> small_spellings() {
  std::vector<std::string> spellings = {"<|end|>"};
  for (int byte = 0; byte < 256; ++byte) spellings.push_back(text::spell_byte(static_cast<unsigned char>(byte)));
  for (std::string merge : kSmallMerges) spellings.push_back(merge.erase(merge.find(' '), 1));
  return spellings;
}

// A GGUF file with only a byte-level tokenizer; a test changes the parts before it writes.
struct SmallGguf {
  std::vector<std::string> tokens = small_spellings();
  std::vector<std::string> merges = kSmallMerges;
  std::vector<int32_t> types = special_first();
  std::string pre = "gpt-2";

  std::vector<int32_t> special_first() const {
    std::vector<int32_t> all(tokens.size(), 1);
    all[0] = 3;
    return all;
  }

  GgufWriter writer() const {
    GgufWriter writer;
    writer.key("tokenizer.ggml.model", "gpt2");
    if (!pre.empty()) writer.key("tokenizer.ggml.pre", pre);
    writer.array("tokenizer.ggml.tokens", tokens);
    writer.array("tokenizer.ggml.merges", merges);
    if (!types.empty()) writer.array("tokenizer.ggml.token_type", types);
    return writer;
  }
};

}  // namespace manabi::test
