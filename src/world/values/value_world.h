// Worlds of real functions: a row holds T points (x, f(x)) of one function, drawn anew for every row; each value is to be told from the points
// before it.
#pragma once

#include <cstdint>
#include <span>

namespace manabi::world {

struct ValueShape {
  int64_t points = 0;       // T: of a row
  int64_t input_width = 0;  // I: numbers of an input

  bool operator==(const ValueShape&) const = default;
};

// The memory of one row, which a world fills.
struct ValueRow {
  std::span<float> inputs;  // [T, I]
  std::span<float> values;  // [T]
};

class ValueWorld {
 public:
  virtual ~ValueWorld() = default;
  virtual ValueShape shape() const = 0;
  // Row `row` of batch `step`: a pure function of the world and these numbers, callable from several threads at once.
  virtual void draw(int64_t step, int64_t row, ValueRow into) const = 0;
  // How many of a row's points are shown at `step`, from the first on: T unless a curriculum says otherwise.
  virtual int64_t points_at(int64_t /*step*/) const { return shape().points; }
};

}  // namespace manabi::world
