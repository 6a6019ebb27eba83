// Worlds of labelled vectors: a row holds K pairs (input, label) and a query whose label is wanted. What in-context and in-weight learning are
// told apart with: the label can be read off the context, or be known from training.
#pragma once

#include <cstdint>
#include <span>

namespace manabi::world {

struct PairShape {
  int64_t pairs = 0;        // K: in the context
  int64_t input_width = 0;  // I: of a vector
  int64_t labels = 0;       // C: labels are 0 to C - 1

  bool operator==(const PairShape&) const = default;
};

// The memory of one row, which a world fills.
struct PairRow {
  std::span<float> inputs;    // [K + 1, I], the query last
  std::span<int64_t> labels;  // [K + 1], the last is the query's: the target
};

class PairWorld {
 public:
  virtual ~PairWorld() = default;
  virtual PairShape shape() const = 0;
  // Row `row` of batch `step`: a pure function of the world and these numbers, callable from several threads at once.
  virtual void draw(int64_t step, int64_t row, PairRow into) const = 0;
  // Where the row's tokens begin among a network's positions; 0 unless the world says otherwise.
  virtual int64_t offset(int64_t /*step*/, int64_t /*row*/) const { return 0; }
};

}  // namespace manabi::world
