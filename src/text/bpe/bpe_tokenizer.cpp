#include "text/bpe/bpe_tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/format/utf8.h"
#include "base/hash.h"
#include "text/bpe/byte_alphabet.h"
#include "text/splitting/pieces.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

constexpr TokenId kNoToken = -1;

std::string plural(size_t count, const std::string& what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

}  // namespace

std::optional<std::pair<std::string, std::string>> merge_parts(std::string_view merge) {
  const size_t space = merge.find(' ');
  if (space == std::string_view::npos || space == 0 || space + 1 == merge.size() || merge.find(' ', space + 1) != std::string_view::npos)
    return std::nullopt;
  return std::pair(std::string(merge.substr(0, space)), std::string(merge.substr(space + 1)));
}

BpeTokenizer::BpeTokenizer(BpeParts parts) : parts_(std::move(parts)), added_(parts_.added) {
  place_added_tokens();
  const Ids ids = index_spellings();
  merges_ = resolved_merges(ids);
  bpe_ = Bpe(merges_);
  for (const std::string& spelling : parts_.spellings) bytes_.push_back(bytes_behind(spelling));
  special_.resize(bytes_.size());
  for (const AddedToken& token : added_.tokens()) {
    bytes_[token.id] = token.spelling;
    special_[token.id] = token.special;
  }
  index_symbols(ids);
  check_id(parts_.unknown, "unknown");
  check_id(parts_.bos, "beginning");
  check_id(parts_.eos, "end");
}

// Added tokens may lie behind the vocabulary; together they must leave no id without a token.
void BpeTokenizer::place_added_tokens() {
  std::vector<std::string>& spellings = parts_.spellings;
  const size_t limit = spellings.size() + parts_.added.size();
  for (const AddedToken& token : parts_.added) {
    const auto id = static_cast<size_t>(token.id);
    if (token.id < 0 || id >= limit)
      throw base::Error({.where = parts_.where,
                         .given = "the added token " + base::in_quotes(token.spelling) + " has the id " + std::to_string(token.id),
                         .expected = "an id below " + std::to_string(limit) + ", so that the vocabulary has no hole"});
    if (id >= spellings.size()) spellings.resize(id + 1);
    if (!spellings[id].empty() && spellings[id] != token.spelling)
      throw base::Error({.where = parts_.where,
                         .given = "the id " + std::to_string(id) + " is both " + base::in_quotes(spellings[id]) + " and the added token " +
                                  base::in_quotes(token.spelling),
                         .expected = "one token an id"});
    spellings[id] = token.spelling;
  }
}

BpeTokenizer::Ids BpeTokenizer::index_spellings() const {
  Ids ids;
  ids.reserve(parts_.spellings.size());
  for (size_t id = 0; id < parts_.spellings.size(); ++id) {
    const std::string& spelling = parts_.spellings[id];
    if (spelling.empty())
      throw base::Error({.where = parts_.where,
                         .given = "no token has the id " + std::to_string(id),
                         .expected = "a token for every id below " + std::to_string(parts_.spellings.size())});
    const auto [known, is_new] = ids.emplace(spelling, static_cast<TokenId>(id));
    if (!is_new)
      throw base::Error(
          {.where = parts_.where,
           .given = "the token " + base::in_quotes(spelling) + " has two ids, " + std::to_string(known->second) + " and " + std::to_string(id),
           .expected = "one id a token"});
  }
  return ids;
}

std::vector<Merge> BpeTokenizer::resolved_merges(const Ids& ids) const {
  std::vector<Merge> merges;
  merges.reserve(parts_.merges.size());
  const auto id_of = [&](const std::string& spelling) {
    const auto found = ids.find(spelling);
    if (found != ids.end()) return found->second;
    throw base::Error({.where = place_of_merge(merges.size()),
                       .given = "the merge names " + base::in_quotes(spelling) + ", which is not in the vocabulary",
                       .expected = "both parts of a merge and what they make to be among the " + plural(ids.size(), "token"),
                       .hint = "vocabulary and merges may come from different tokenizers"});
  };
  for (const auto& [left, right] : parts_.merges) merges.push_back({id_of(left), id_of(right), id_of(left + right)});
  return merges;
}

std::string BpeTokenizer::place_of_merge(size_t index) const {
  std::string place = parts_.merges_name;
  if (parts_.merge_lines.empty()) return place.append("[").append(std::to_string(index)).append("]");
  return place.append(":").append(std::to_string(parts_.merge_lines[index]));
}

void BpeTokenizer::index_symbols(const Ids& ids) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<unsigned char>(byte);
    const auto found = ids.find(parts_.symbols == Symbols::bytes ? spell_byte(value) : byte_piece(value));
    byte_ids_[byte] = found == ids.end() ? kNoToken : found->second;
  }
  if (parts_.symbols == Symbols::characters) {
    whole_ = ids;
  } else if (parts_.ignore_merges) {
    for (size_t id = 0; id < bytes_.size(); ++id) whole_.emplace(bytes_[id], static_cast<TokenId>(id));
    for (const AddedToken& token : added_.tokens()) whole_.erase(token.spelling);
  }
}

void BpeTokenizer::check_id(std::optional<TokenId> id, const std::string& role) const {
  if (!id || (*id >= 0 && *id < size())) return;
  throw base::Error({.where = parts_.where,
                     .given = "the " + role + " token's id is " + std::to_string(*id),
                     .expected = "an id of the vocabulary, 0 to " + std::to_string(size() - 1)});
}

std::string BpeTokenizer::bytes_behind(const std::string& spelling) const {
  if (parts_.symbols == Symbols::bytes) return bytes_of_spelling(spelling).value_or(spelling);
  if (const std::optional<unsigned char> byte = byte_of_piece(spelling); byte && parts_.byte_fallback) return {static_cast<char>(*byte)};
  return with_spaces(spelling, parts_.space_mark);
}

std::vector<TokenId> BpeTokenizer::encode(std::string_view text, Specials specials) const {
  require_utf8(text);
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 3 + 1);
  for (const Segment& segment : added_.split(text, specials)) {
    if (segment.id)
      ids.push_back(*segment.id);
    else
      encode_ordinary(segment.text, segment.text.data() == text.data(), ids);
  }
  return ids;
}

void BpeTokenizer::encode_ordinary(std::string_view text, bool starts_text, std::vector<TokenId>& ids) const {
  std::string normal;
  if (!parts_.normalizer.changes_nothing()) text = normal = parts_.normalizer.normalize(text);
  const Pieces pieces = parts_.pre_tokenizer.split(text, starts_text);
  std::vector<TokenId> symbols;
  for (const std::string_view piece : pieces.views) {
    symbols.clear();
    encode_piece(piece, symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
  }
}

void BpeTokenizer::encode_piece(std::string_view piece, std::vector<TokenId>& symbols) const {
  if (parts_.ignore_merges) {
    if (const auto found = whole_.find(piece); found != whole_.end()) return symbols.push_back(found->second);
  }
  if (parts_.symbols == Symbols::bytes)
    byte_symbols(piece, symbols);
  else
    character_symbols(piece, symbols);
  bpe_.merge(symbols);
}

void BpeTokenizer::byte_symbols(std::string_view piece, std::vector<TokenId>& symbols) const {
  for (const char& letter : piece) {
    const TokenId id = byte_ids_[static_cast<unsigned char>(letter)];
    if (id == kNoToken)
      add_unknown({&letter, 1}, piece, symbols);
    else
      symbols.push_back(id);
  }
}

void BpeTokenizer::character_symbols(std::string_view piece, std::vector<TokenId>& symbols) const {
  const auto has_token = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)] != kNoToken; };
  for (size_t at = 0; at < piece.size(); at += character_length(piece[at])) {
    const std::string_view character = piece.substr(at, character_length(piece[at]));
    if (const auto found = whole_.find(character); found != whole_.end())
      symbols.push_back(found->second);
    else if (parts_.byte_fallback && std::ranges::all_of(character, has_token))
      byte_symbols(character, symbols);
    else
      add_unknown(character, piece, symbols);
  }
}

void BpeTokenizer::add_unknown(std::string_view character, std::string_view piece, std::vector<TokenId>& symbols) const {
  if (!parts_.unknown)
    throw base::Error({.where = parts_.where,
                       .given = "the vocabulary has no token for " + base::in_quotes(character) +
                                (piece == character ? "" : " of " + base::in_quotes(piece)) + ", and none for unknown text",
                       .expected = "text of the characters that the tokenizer was made for"});
  if (parts_.fuse_unknown && !symbols.empty() && symbols.back() == *parts_.unknown) return;
  symbols.push_back(*parts_.unknown);
}

std::string BpeTokenizer::bytes_of(TokenId id) const {
  require_id(id, size(), parts_.where);
  return bytes_[id];
}

bool BpeTokenizer::is_special(TokenId id) const {
  require_id(id, size(), parts_.where);
  return special_[id];
}

std::string BpeTokenizer::fingerprint() const {
  std::string content = "byte-pair " + std::to_string(static_cast<int>(parts_.symbols)) + std::to_string(parts_.ignore_merges) +
                        std::to_string(parts_.byte_fallback) + std::to_string(parts_.fuse_unknown) + " " +
                        std::to_string(parts_.unknown.value_or(kNoToken)) + "\n";
  content += parts_.normalizer.description() + "\n" + parts_.pre_tokenizer.description() + "\n";
  for (const std::string& bytes : bytes_) content += std::to_string(bytes.size()) + ":" + bytes;
  for (const Merge& merge : merges_)
    content.append(1, ' ').append(std::to_string(merge.left)).append(1, ',').append(std::to_string(merge.right));
  for (const AddedToken& token : added_.tokens()) {
    content.append(1, '\n').append(std::to_string(token.id));
    for (const bool flag : {token.special, token.single_word, token.lstrip, token.rstrip, token.normalized}) content.append(1, flag ? '1' : '0');
  }
  return base::sha256(content);
}

}  // namespace manabi::text
