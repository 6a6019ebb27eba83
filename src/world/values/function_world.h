// Rows of points of random functions: inputs from a law, a function from a distribution, noise, and a curriculum that grows both.
#pragma once

#include <memory>

#include "world/values/functions.h"
#include "world/values/input_law.h"
#include "world/values/value_world.h"

namespace manabi::world {

// What a training sees at first, and how it grows (Garg et al. 2022, appendix A.2). Zeros: everything from the first step on.
struct Growth {
  int64_t from = 0;
  int64_t by = 0;
  int64_t every = 0;  // steps

  // `whole` without growth.
  int64_t at(int64_t step, int64_t whole) const;
};

struct FunctionWorldConfig {
  int64_t points = 11;  // T
  InputLaw inputs;
  double noise = 0;             // standard deviation of what is added to every value
  double value_scale = 1;       // what every value, noise included, is multiplied by
  int64_t replaced_values = 0;  // of a row's first values: standard normals that have nothing to do with the function
  Growth active_growth;         // of how many of an input's numbers are not zero
  Growth point_growth;          // of how many points are shown
  uint64_t law_seed = 0;        // of what the law draws once
  uint64_t seed = 0;            // of the rows
};

class FunctionWorld final : public ValueWorld {
 public:
  // Throws base::Error for numbers that do not fit together.
  FunctionWorld(std::shared_ptr<const Functions> functions, const FunctionWorldConfig& config);

  ValueShape shape() const override { return {.points = config_.points, .input_width = functions_->input_width()}; }
  void draw(int64_t step, int64_t row, ValueRow into) const override;
  int64_t points_at(int64_t step) const override { return config_.point_growth.at(step, config_.points); }
  int64_t active_at(int64_t step) const { return config_.active_growth.at(step, functions_->input_width()); }

 private:
  std::shared_ptr<const Functions> functions_;
  FunctionWorldConfig config_;
  InputSource inputs_;
};

}  // namespace manabi::world
