// Text to token ids and back. Immutable after opening; every call is const and may run on many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/format/gguf.h"

namespace manabi::text {

using TokenId = int32_t;

// What happens to the spelling of a special token ("<|im_start|>") inside ordinary text.
enum class Specials {
  parse,   // it becomes that token, as in transformers
  literal  // it is ordinary text
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Never adds a beginning or end token: that is the caller's, once a sequence (see `adds_bos`). Throws base::Error on invalid UTF-8.
  virtual std::vector<TokenId> encode(std::string_view text, Specials specials = Specials::parse) const = 0;

  // The bytes that one id stands for. A special token gives its spelling. Throws base::Error for an id outside [0, size).
  virtual std::string bytes_of(TokenId id) const = 0;
  std::string decode(std::span<const TokenId> ids) const;

  virtual int64_t size() const = 0;
  virtual std::optional<TokenId> bos() const = 0;
  virtual std::optional<TokenId> eos() const = 0;
  virtual bool adds_bos() const = 0;  // whether the checkpoint's own files put the beginning token in front of every sequence
  virtual bool is_special(TokenId id) const = 0;

  // Hash of everything that can change an id: vocabulary, merges or scores, pre-tokenizer, special tokens.
  virtual std::string fingerprint() const = 0;
};

// Opens what lies at `path`: a .gguf file, tokenizer.json, a SentencePiece .model, a llama2.c tokenizer .bin, a folder that holds one of
// these (or vocab.json + merges.txt / encoder.json + vocab.bpe). Throws base::Error that says what it looked for.
std::unique_ptr<Tokenizer> open_tokenizer(const std::string& path);
std::unique_ptr<Tokenizer> open_tokenizer(const base::GgufFile& file);

}  // namespace manabi::text
