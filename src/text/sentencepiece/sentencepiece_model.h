// Writes SentencePiece's model file (the protocol buffer ModelProto) from a vocabulary that came in another container, so that the library
// can tokenize with it.
#pragma once

#include <string>
#include <vector>

namespace manabi::text {

// The numbers are the format's own; GGUF's token types are the same.
enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct Piece {
  std::string text;  // spaces written as U+2581
  float score = 0;
  PieceType type = PieceType::normal;
};

struct SentencePieceVocabulary {
  std::vector<Piece> pieces;  // by id; exactly one is unknown
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = false;
};

// A byte-pair model. Bytes stand in for unknown characters when all 256 have a piece.
std::string serialized(const SentencePieceVocabulary& vocabulary);

}  // namespace manabi::text
