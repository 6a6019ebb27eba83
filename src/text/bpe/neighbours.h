// What the files beside a tokenizer say about it: tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "text/splitting/added_tokens.h"

namespace manabi::text {

// An end of a sequence as the files name it: by spelling, by id, or explicitly as none.
struct EndToken {
  std::string spelling;
  std::optional<TokenId> id;
  bool named = false;  // whether any file says something, be it "none"
};

struct Neighbours {
  EndToken bos;
  EndToken eos;
  std::optional<bool> add_bos_token;
  bool add_prefix_space = false;
  std::vector<AddedToken> added;
};

// tokenizer_config.json counts before special_tokens_map.json, and that before config.json, whose ids are the last resort. Files that are not
// there say nothing.
Neighbours read_neighbours(const std::filesystem::path& folder);

}  // namespace manabi::text
