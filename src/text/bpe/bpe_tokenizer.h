// The byte-pair tokenizer: added tokens, normalizer, pre-tokenizer, merges. The readers of GGUF, tokenizer.json and vocab + merges files fill
// in its parts.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/bpe/bpe.h"
#include "text/splitting/added_tokens.h"
#include "text/splitting/normalizer.h"
#include "text/splitting/pre_tokenizer.h"
#include "text/tokenizer.h"

namespace manabi::text {

// What the merges start from.
enum class Symbols {
  bytes,      // each byte is a token, spelled in the byte alphabet
  characters  // each character is a token; one that is not becomes its bytes ("<0xNN>") or the unknown token
};

struct BpeParts {
  std::string where;  // the file, for messages
  Symbols symbols = Symbols::bytes;
  std::vector<std::string> spellings;  // by id, as the file has them; none is ""
  std::vector<std::pair<std::string, std::string>> merges;
  std::string merges_name;           // what a message calls the merges: "file: key"
  std::vector<int64_t> merge_lines;  // the line of each merge in its file; empty where merges are counted instead
  std::vector<AddedToken> added;     // their ids may be inside `spellings` or behind
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  bool ignore_merges = false;
  bool byte_fallback = false;
  bool fuse_unknown = false;
  std::string space_mark;  // a mark inside spellings that stands for a space ("▁"); "" when there is none
  std::optional<TokenId> unknown;
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  bool adds_bos = false;
};

// "left right" at its one space; nothing when there is no such space.
std::optional<std::pair<std::string, std::string>> merge_parts(std::string_view merge);

class BpeTokenizer final : public Tokenizer {
 public:
  // Throws base::Error for two tokens with one spelling, an id without a token, and a merge of or into an unknown token.
  explicit BpeTokenizer(BpeParts parts);

  std::vector<TokenId> encode(std::string_view text, Specials specials) const override;
  std::string bytes_of(TokenId id) const override;
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  std::optional<TokenId> bos() const override { return parts_.bos; }
  std::optional<TokenId> eos() const override { return parts_.eos; }
  bool adds_bos() const override { return parts_.adds_bos; }
  bool is_special(TokenId id) const override;
  std::string fingerprint() const override;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Ids = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;

  void place_added_tokens();
  Ids index_spellings() const;
  std::vector<Merge> resolved_merges(const Ids& ids) const;
  std::string place_of_merge(size_t index) const;
  void index_symbols(const Ids& ids);
  void check_id(std::optional<TokenId> id, const std::string& role) const;
  void encode_ordinary(std::string_view text, bool starts_text, std::vector<TokenId>& ids) const;
  void encode_piece(std::string_view piece, std::vector<TokenId>& symbols) const;
  void byte_symbols(std::string_view piece, std::vector<TokenId>& symbols) const;
  void character_symbols(std::string_view piece, std::vector<TokenId>& symbols) const;
  // `piece` is what the character stands in, for the message.
  void add_unknown(std::string_view character, std::string_view piece, std::vector<TokenId>& symbols) const;
  std::string bytes_behind(const std::string& spelling) const;

  BpeParts parts_;
  AddedTokens added_;
  std::vector<std::string> bytes_;  // by id
  std::vector<bool> special_;       // by id
  std::vector<Merge> merges_;
  Bpe bpe_{{}};
  std::array<TokenId, 256> byte_ids_{};  // kNoToken where a byte has none
  Ids whole_;  // pieces that are tokens (Symbols::bytes with ignore_merges) or characters that are (Symbols::characters)
};

}  // namespace manabi::text
