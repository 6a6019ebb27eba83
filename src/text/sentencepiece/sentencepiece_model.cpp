#include "text/sentencepiece/sentencepiece_model.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

namespace manabi::text {
namespace {

// Protocol buffers' wire format: a message is a row of fields, each a key (number and kind) and a value.
class Message {
 public:
  Message& integer(uint64_t field, uint64_t value) {
    key(field, 0);
    varint(value);
    return *this;
  }

  Message& float32(uint64_t field, float value) {
    key(field, 5);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
    return *this;
  }

  Message& text(uint64_t field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }

  Message& message(uint64_t field, const Message& value) { return text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void key(uint64_t field, uint64_t kind) { varint(field << 3 | kind); }

  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

// Field numbers of sentencepiece_model.proto.
namespace model {
constexpr uint64_t kPieces = 1, kTrainer = 2, kNormalizer = 3;
}
namespace piece {
constexpr uint64_t kText = 1, kScore = 2, kType = 3;
}
namespace trainer {
constexpr uint64_t kModelType = 3, kVocabularySize = 4, kByteFallback = 35, kUnknownId = 40, kBeginningId = 41, kEndId = 42, kUnknownPiece = 45;
constexpr uint64_t kBytePairs = 2;
}  // namespace trainer
namespace normalizer {
constexpr uint64_t kName = 1, kAddDummyPrefix = 3, kRemoveExtraWhitespaces = 4, kEscapeWhitespaces = 5;
}

constexpr uint64_t kNone = ~uint64_t{0};  // an id of -1, as a varint

Message trainer_of(const SentencePieceVocabulary& vocabulary) {
  const auto unknown = std::ranges::find(vocabulary.pieces, PieceType::unknown, &Piece::type);
  const auto bytes = std::ranges::count(vocabulary.pieces, PieceType::byte, &Piece::type);
  Message message;
  message.integer(trainer::kModelType, trainer::kBytePairs)
      .integer(trainer::kVocabularySize, vocabulary.pieces.size())
      .integer(trainer::kByteFallback, bytes == 256)
      .integer(trainer::kBeginningId, kNone)
      .integer(trainer::kEndId, kNone);
  if (unknown != vocabulary.pieces.end())
    message.integer(trainer::kUnknownId, static_cast<uint64_t>(unknown - vocabulary.pieces.begin())).text(trainer::kUnknownPiece, unknown->text);
  return message;
}

Message normalizer_of(const SentencePieceVocabulary& vocabulary) {
  Message message;
  message.text(normalizer::kName, "identity")
      .integer(normalizer::kAddDummyPrefix, vocabulary.add_dummy_prefix)
      .integer(normalizer::kRemoveExtraWhitespaces, vocabulary.remove_extra_whitespaces)
      .integer(normalizer::kEscapeWhitespaces, true);
  return message;
}

}  // namespace

std::string serialized(const SentencePieceVocabulary& vocabulary) {
  Message message;
  for (const Piece& one : vocabulary.pieces)
    message.message(
        model::kPieces,
        Message().text(piece::kText, one.text).float32(piece::kScore, one.score).integer(piece::kType, static_cast<uint64_t>(one.type)));
  message.message(model::kTrainer, trainer_of(vocabulary)).message(model::kNormalizer, normalizer_of(vocabulary));
  return message.bytes();
}

}  // namespace manabi::text
