#pragma once

#include <memory>
#include <string_view>

#include "fuzz/expect.h"
#include "text/open/open.h"

namespace manabi::fuzz {

// A document that is read must encode any text into ids of its own vocabulary, or refuse the text.
inline void tokenizer_json(std::string_view input) {
  std::unique_ptr<text::Tokenizer> tokenizer;
  if (!is_read_or_refused([&] { tokenizer = text::parse_tokenizer_json(input, "tokenizer.json"); })) return;
  expect(tokenizer->size() > 0, "a tokenizer without tokens");
  expect(!tokenizer->adds_bos() || tokenizer->bos(), "a beginning token that is added and is none");
  for (const text::Specials specials : {text::Specials::parse, text::Specials::literal}) {
    for (const std::string_view text : {"", "a", " ab  ba12 \n", "ab<s>a <m>\t", "é学\xf0\x9f\x99\x82\xe2\x96\x81"}) {
      is_read_or_refused([&] {
        for (const text::TokenId id : tokenizer->encode(text, specials)) tokenizer->bytes_of(id);
      });
    }
  }
}

}  // namespace manabi::fuzz
