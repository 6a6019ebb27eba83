// Labels that stand for nothing: what the classes are called under the abstract setting.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "world/few_shot/few_shot_config.h"

namespace manabi::world {

// Every symbol that may be shown for `classes` classes: 0 .. C-1; A .. Z; the first C of @ # $ % * ^. Fewer than `classes` of them when the
// kind has no more.
std::vector<std::string> symbols_of(Symbols kind, int64_t classes);

// The abstract map: a symbol per class, one-to-one, every such map with the same probability. Needs as many symbols as classes.
std::vector<std::string> draw_symbols(Symbols kind, int64_t classes, base::Rng rng);

}  // namespace manabi::world
