// Tokenizers that the SentencePiece library runs: .model files, and GGUF's and llama2.c's vocabularies in the same form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/splitting/added_tokens.h"
#include "text/tokenizer.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace manabi::text {

struct SentencePieceParts {
  std::string where;              // the file, for messages
  std::string model;              // a serialized ModelProto
  std::vector<AddedToken> added;  // tokens behind the model's own, without a hole
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  bool adds_bos = false;
};

// Control pieces and the unknown piece are special tokens. Each stretch of text between special tokens is encoded for itself, so each gets the
// model's dummy prefix, as in transformers (legacy) and llama.cpp.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(SentencePieceParts parts);
  ~SentencePieceTokenizer() override;

  std::vector<TokenId> encode(std::string_view text, Specials specials) const override;
  std::string bytes_of(TokenId id) const override;
  int64_t size() const override;
  std::optional<TokenId> bos() const override { return parts_.bos; }
  std::optional<TokenId> eos() const override { return parts_.eos; }
  bool adds_bos() const override { return parts_.adds_bos; }
  bool is_special(TokenId id) const override;
  std::string fingerprint() const override;

 private:
  int64_t model_size() const;
  std::vector<AddedToken> tokens_of_model() const;
  void check_added() const;

  SentencePieceParts parts_;
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  AddedTokens added_;
};

// What a .model file says of itself.
struct SentencePieceModelFacts {
  int64_t size = 0;
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
};
SentencePieceModelFacts facts_of_model(const std::string& model, const std::string& where);

}  // namespace manabi::text
