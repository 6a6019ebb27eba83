// The components of tokenizer.json that byte-pair tokenizers are made of, one function each. Whatever Manabi cannot do exactly is an error
// that names its place in the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text/open/json_view.h"
#include "text/splitting/added_tokens.h"
#include "text/splitting/normalizer.h"
#include "text/splitting/pre_tokenizer.h"

namespace manabi::text {

Normalizer read_normalizer(const JsonView& view);

struct JsonPreTokenizer {
  PreTokenizer pre_tokenizer;
  bool byte_level = false;
};
JsonPreTokenizer read_pre_tokenizer(const JsonView& view);

struct JsonDecoder {
  bool byte_level = false;
  std::string space_mark;  // what a space is written as inside tokens, or ""
};
JsonDecoder read_decoder(const JsonView& view);

// The token that a post-processor puts in front of every single sequence, or "".
std::string read_first_token(const JsonView& view);

std::vector<AddedToken> read_added_tokens(const JsonView& view);

}  // namespace manabi::text
