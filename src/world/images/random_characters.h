// Characters of random strokes, for where no data folder is: a few smooth curves each, which every drawing repeats a little differently.
#pragma once

#include <cstdint>

#include "world/images/drawings.h"

namespace manabi::world {

struct RandomCharactersConfig {
  int64_t characters = 242;  // as many as Omniglot's smaller sets have
  int64_t exemplars = 20;
  int64_t side = 28;
  uint64_t seed = 0;
};

// A character does not depend on how many there are, nor a drawing; a larger side shows the same curves. Throws base::Error for a count or side
// below 1.
Drawings random_characters(const RandomCharactersConfig& config);

}  // namespace manabi::world
