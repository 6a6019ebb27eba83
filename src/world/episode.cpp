#include "world/episode.h"

#include <algorithm>

namespace manabi::world {

int64_t Answer::best() const { return std::distance(scores.begin(), std::max_element(scores.begin(), scores.end())); }

}  // namespace manabi::world
