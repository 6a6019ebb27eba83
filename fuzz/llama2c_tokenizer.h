#pragma once

#include <memory>
#include <string_view>

#include "fuzz/expect.h"
#include "text/open/open.h"

namespace manabi::fuzz {

inline void llama2c_tokenizer(std::string_view input) {
  std::unique_ptr<text::Tokenizer> tokenizer;
  if (!is_read_or_refused([&] { tokenizer = text::parse_llama2c(input, "tokenizer.bin"); })) return;
  for (text::TokenId id = 0; id < tokenizer->size(); ++id) tokenizer->bytes_of(id);
  for (const std::string_view text : {"", "a b", "<s>a\n", "é学\xf0\x9f\x99\x82"}) {
    is_read_or_refused([&] {
      for (const text::TokenId id : tokenizer->encode(text)) tokenizer->bytes_of(id);
    });
  }
}

}  // namespace manabi::fuzz
