// The learning rate over the steps of a training.
#pragma once

#include <cstdint>
#include <vector>

namespace manabi::learn {

// constant; linear: falls to `least` at the last step; cosine: likewise along half a cosine; inverse_square_root: as 1/sqrt(step) after the
// warm-up.
enum class Decay { constant, linear, cosine, inverse_square_root };

struct Schedule {
  Decay decay = Decay::constant;
  int64_t warm_up = 0;  // steps of linear rise to the full rate
  int64_t steps = 0;    // of the whole training; linear and cosine need it
  double least = 0;     // the factor to which linear and cosine fall
};

// The factor of the learning rate at `step`, counted from 0: the first step of a warm-up of w has 1/w.
double factor_at(const Schedule& schedule, int64_t step);

// Steps at which a training is looked at: `count` of them (fewer where there are not so many), evenly spaced, the last one its end.
std::vector<int64_t> evenly_spaced(int64_t steps, int64_t count);

}  // namespace manabi::learn
