#include "text/open/byte_tokenizer.h"

#include "base/format/json.h"
#include "text/bpe/byte_alphabet.h"

namespace manabi::text {

std::string byte_tokenizer_json() {
  base::Json vocabulary = base::Json::object();
  for (int byte = 0; byte < 256; ++byte) vocabulary[spell_byte(static_cast<unsigned char>(byte))] = byte;
  const base::Json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  const base::Json tokenizer = {{"version", "1.0"},
                                {"truncation", nullptr},
                                {"padding", nullptr},
                                {"added_tokens", base::Json::array()},
                                {"normalizer", nullptr},
                                {"pre_tokenizer", byte_level},
                                {"post_processor", nullptr},
                                {"decoder", byte_level},
                                {"model",
                                 {{"type", "BPE"},
                                  {"dropout", nullptr},
                                  {"unk_token", nullptr},
                                  {"continuing_subword_prefix", nullptr},
                                  {"end_of_word_suffix", nullptr},
                                  {"fuse_unk", false},
                                  {"byte_fallback", false},
                                  {"vocab", vocabulary},
                                  {"merges", base::Json::array()}}}};
  return tokenizer.dump(1) + "\n";
}

}  // namespace manabi::text
