// llama2.c's tokenizer file: an int32 (the longest token), then for each token a float score, an int32 length and its bytes, with spaces as
// spaces. The size of the vocabulary is not in the file. The first three tokens are the unknown, the beginning and the end token.
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/format/utf8.h"
#include "text/open/open.h"
#include "text/sentencepiece/sentencepiece_model.h"
#include "text/sentencepiece/sentencepiece_tokenizer.h"
#include "text/splitting/pieces.h"

namespace manabi::text {
namespace {

constexpr TokenId kBeginning = 1;
constexpr TokenId kEnd = 2;
constexpr std::string_view kSpecialSpellings[] = {"<unk>", "<s>", "</s>"};  // the file surrounds two of them with newlines
constexpr PieceType kSpecialTypes[] = {PieceType::unknown, PieceType::control, PieceType::control};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  bool at_end() const { return at_ == bytes_.size(); }
  size_t offset() const { return at_; }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view take(size_t length) {
    if (length > bytes_.size() - at_)
      throw base::Error({.where = where_,
                         .given = "the file ends inside the token at byte " + std::to_string(at_),
                         .expected = std::to_string(length) + " more bytes there; " + std::to_string(bytes_.size() - at_) + " are left",
                         .hint = "is this a llama2.c tokenizer (tokenizer.bin), not its model?"});
    const std::string_view taken = bytes_.substr(at_, length);
    at_ += length;
    return taken;
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 0;
};

std::string next_token(Reader& reader, int32_t longest, const std::string& where) {
  const size_t offset = reader.offset();
  const auto length = reader.number<int32_t>();
  if (length < 1 || length > longest)
    throw base::Error({.where = where,
                       .given = "the token at byte " + std::to_string(offset) + " has the length " + std::to_string(length),
                       .expected = "1 to " + std::to_string(longest) + ", the longest token by the file's own header",
                       .hint = "is this a llama2.c tokenizer (tokenizer.bin), not its model?"});
  return std::string(reader.take(static_cast<size_t>(length)));
}

Piece piece_of(size_t id, const std::string& token, float score) {
  if (id < std::size(kSpecialTypes)) return {.text = std::string(kSpecialSpellings[id]), .score = score, .type = kSpecialTypes[id]};
  const bool is_byte = byte_of_piece(token).has_value();
  return {.text = with_space_marks(token), .score = score, .type = is_byte ? PieceType::byte : PieceType::normal};
}

SentencePieceVocabulary read_vocabulary(std::string_view bytes, const std::string& where) {
  Reader reader(bytes, where);
  const auto longest = reader.number<int32_t>();
  SentencePieceVocabulary vocabulary;
  std::unordered_map<std::string, size_t> ids;
  while (!reader.at_end()) {
    const size_t id = vocabulary.pieces.size();
    const auto score = reader.number<float>();
    const Piece piece = piece_of(id, next_token(reader, longest, where), score);
    const auto [known, is_new] = ids.emplace(piece.text, id);
    if (!is_new)
      throw base::Error(
          {.where = where,
           .given = "the token " + base::in_quotes(piece.text) + " has two ids, " + std::to_string(known->second) + " and " + std::to_string(id),
           .expected = "one id a token"});
    vocabulary.pieces.push_back(piece);
  }
  if (vocabulary.pieces.size() <= static_cast<size_t>(kEnd))
    throw base::Error({.where = where,
                       .given = std::to_string(vocabulary.pieces.size()) + " tokens",
                       .expected = "at least three: the unknown, the beginning and the end token"});
  return vocabulary;
}

}  // namespace

std::unique_ptr<Tokenizer> parse_llama2c(std::string_view bytes, const std::string& where) {
  return std::make_unique<SentencePieceTokenizer>(
      SentencePieceParts{.where = where, .model = serialized(read_vocabulary(bytes, where)), .bos = kBeginning, .eos = kEnd, .adds_bos = true});
}

std::unique_ptr<Tokenizer> open_llama2c(const std::string& path) { return parse_llama2c(base::read_text(path), path); }

}  // namespace manabi::text
