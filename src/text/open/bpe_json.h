// What the tokenizer.json files that are written here share.
#pragma once

#include "base/format/json.h"

namespace manabi::text {

// spelling -> id, and merges as pairs, as the "model" of a byte-pair tokenizer without an unknown token.
inline base::Json bpe_model_json(const base::Json& vocabulary, const base::Json& merges, bool ignore_merges) {
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", ignore_merges},
          {"vocab", vocabulary},
          {"merges", merges}};
}

}  // namespace manabi::text
