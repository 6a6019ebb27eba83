// The readers behind open_tokenizer, one for each container.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "text/tokenizer.h"

namespace manabi::text {

// A folder's tokenizer_config.json, special_tokens_map.json and the rest are looked for beside the file.
std::unique_ptr<Tokenizer> open_tokenizer_json(const std::string& path);
std::unique_ptr<Tokenizer> open_sentencepiece(const std::string& path);
std::unique_ptr<Tokenizer> open_vocabulary_and_merges(const std::string& vocabulary_path, const std::string& merges_path);

std::unique_ptr<Tokenizer> open_llama2c(const std::string& path);

// The same from memory; tokenizer.json without neighbours.
std::unique_ptr<Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& where);
std::unique_ptr<Tokenizer> parse_llama2c(std::string_view bytes, const std::string& where);

// The byte-pair tokenizer of a GGUF file as transformers' files. Throws base::Error for a tokenizer of another kind.
struct TokenizerFiles {
  std::string tokenizer_json, tokenizer_config_json;
};
TokenizerFiles tokenizer_files_of(const base::GgufFile& file);

}  // namespace manabi::text
