// Worlds of token sequences: a row holds T tokens, and at some of its positions the token that is to be told there.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace manabi::world {

inline constexpr int64_t kNotAsked = -1;  // the target of a position at which nothing is asked

struct TokenRow {
  std::span<int64_t> ids;      // [T]
  std::span<int64_t> targets;  // [T]: of each position, told from the tokens up to it; kNotAsked where nothing is
};

class TokenWorld {
 public:
  virtual ~TokenWorld() = default;
  virtual int64_t vocabulary() const = 0;                   // ids lie below
  virtual int64_t outputs() const { return vocabulary(); }  // targets lie below
  virtual int64_t length() const = 0;                       // T
  virtual int64_t asked() const { return length(); }        // positions of every row that have a target
  // Row `row` of batch `step`: a pure function of the world and these numbers, callable from several threads at once.
  virtual void draw(int64_t step, int64_t row, TokenRow into) const = 0;
};

// Windows of one long text, at places drawn uniformly: everywhere the next token is asked.
class TextWorld final : public TokenWorld {
 public:
  // Throws base::Error for a text of fewer than length + 1 tokens or a token outside the vocabulary.
  TextWorld(std::shared_ptr<const std::vector<int32_t>> tokens, int64_t vocabulary, int64_t length, uint64_t seed);

  int64_t vocabulary() const override { return vocabulary_; }
  int64_t length() const override { return length_; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

 private:
  std::shared_ptr<const std::vector<int32_t>> tokens_;
  int64_t vocabulary_;
  int64_t length_;
  uint64_t seed_;
};

}  // namespace manabi::world
