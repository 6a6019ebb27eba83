#include "text/sentencepiece/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <utility>

#include "base/error.h"
#include "base/format/utf8.h"
#include "base/hash.h"
#include "text/splitting/pieces.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

std::unique_ptr<sentencepiece::SentencePieceProcessor> load(const std::string& model, const std::string& where) {
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto(model);
  if (status.ok() && processor->GetPieceSize() > 0) return processor;
  throw base::Error(
      {.where = where,
       .given = "SentencePiece cannot read this vocabulary" + (status.ok() ? std::string(": it is empty") : ": " + status.ToString()),
       .expected = "a SentencePiece model"});
}

std::optional<TokenId> id_unless_negative(int id) { return id < 0 ? std::nullopt : std::optional<TokenId>(id); }

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceParts parts)
    : parts_(std::move(parts)), processor_(load(parts_.model, parts_.where)), added_(tokens_of_model()) {
  check_added();
  for (const std::optional<TokenId> id : {parts_.bos, parts_.eos})
    if (id) require_id(*id, size(), parts_.where);
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

int64_t SentencePieceTokenizer::model_size() const { return processor_->GetPieceSize(); }
int64_t SentencePieceTokenizer::size() const { return model_size() + static_cast<int64_t>(parts_.added.size()); }

std::vector<AddedToken> SentencePieceTokenizer::tokens_of_model() const {
  std::vector<AddedToken> tokens = parts_.added;
  for (TokenId id = 0; id < model_size(); ++id)
    if (processor_->IsControl(id) || processor_->IsUnknown(id))
      tokens.push_back({.id = id, .spelling = processor_->IdToPiece(id), .special = true});
  return tokens;
}

void SentencePieceTokenizer::check_added() const {
  for (size_t i = 0; i < parts_.added.size(); ++i) {
    const int64_t expected = model_size() + static_cast<int64_t>(i);
    if (parts_.added[i].id == expected) continue;
    throw base::Error(
        {.where = parts_.where,
         .given = "the added token " + base::in_quotes(parts_.added[i].spelling) + " has the id " + std::to_string(parts_.added[i].id),
         .expected = "the id " + std::to_string(expected) + ": added tokens follow the model's own without a hole"});
  }
}

std::vector<TokenId> SentencePieceTokenizer::encode(std::string_view text, Specials specials) const {
  require_utf8(text);
  std::vector<TokenId> ids;
  std::vector<int> part;
  for (const Segment& segment : added_.split(text, specials)) {
    if (segment.id) {
      ids.push_back(*segment.id);
      continue;
    }
    const auto status = processor_->Encode(segment.text, &part);
    if (!status.ok()) throw base::Error({.where = parts_.where, .given = "SentencePiece cannot encode the text: " + status.ToString()});
    ids.insert(ids.end(), part.begin(), part.end());
  }
  return ids;
}

std::string SentencePieceTokenizer::bytes_of(TokenId id) const {
  require_id(id, size(), parts_.where);
  if (id >= model_size()) return parts_.added[id - model_size()].spelling;
  const std::string& piece = processor_->IdToPiece(id);
  if (processor_->IsControl(id) || processor_->IsUnknown(id)) return piece;
  if (processor_->IsByte(id)) return {static_cast<char>(byte_of_piece(piece).value_or(0))};
  return with_spaces(piece, kSpaceMark);
}

bool SentencePieceTokenizer::is_special(TokenId id) const {
  require_id(id, size(), parts_.where);
  if (id >= model_size()) return parts_.added[id - model_size()].special;
  return processor_->IsControl(id) || processor_->IsUnknown(id);
}

std::string SentencePieceTokenizer::fingerprint() const {
  std::string content = "sentencepiece\n" + parts_.model;
  for (const AddedToken& token : parts_.added) content += "\n" + token.spelling + (token.special ? " special" : "");
  return base::sha256(content);
}

SentencePieceModelFacts facts_of_model(const std::string& model, const std::string& where) {
  const auto processor = load(model, where);
  return {processor->GetPieceSize(), id_unless_negative(processor->bos_id()), id_unless_negative(processor->eos_id())};
}

}  // namespace manabi::text
