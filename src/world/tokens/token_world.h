// Worlds of token sequences: a row holds T + 1 tokens, of which each is to be told from those before it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace manabi::world {

class TokenWorld {
 public:
  virtual ~TokenWorld() = default;
  virtual int64_t vocabulary() const = 0;
  virtual int64_t length() const = 0;  // T
  // Row `row` of batch `step`, [T + 1]: a pure function of the world and these numbers, callable from several threads at once.
  virtual void draw(int64_t step, int64_t row, std::span<int64_t> into) const = 0;
};

// Windows of one long text, at places drawn uniformly.
class TextWorld final : public TokenWorld {
 public:
  // Throws base::Error for a text of fewer than length + 1 tokens or a token outside the vocabulary.
  TextWorld(std::shared_ptr<const std::vector<int32_t>> tokens, int64_t vocabulary, int64_t length, uint64_t seed);

  int64_t vocabulary() const override { return vocabulary_; }
  int64_t length() const override { return length_; }
  void draw(int64_t step, int64_t row, std::span<int64_t> into) const override;

 private:
  std::shared_ptr<const std::vector<int32_t>> tokens_;
  int64_t vocabulary_;
  int64_t length_;
  uint64_t seed_;
};

}  // namespace manabi::world
