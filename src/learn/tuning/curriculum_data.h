// A phase of a curriculum as a network is tuned on it.
#pragma once

#include "base/random.h"
#include "learn/tuning/run/tuning_objective.h"
#include "text/tokenizer.h"
#include "world/knowledge/curriculum.h"

namespace manabi::learn {

inline constexpr int64_t kCurriculumVersion = 2;  // raised when the data of a phase change

// What stands at each of `places`. Throws base::Error as item_of_document and item_of_question do, and for a phase with nothing to read.
TuningData data_of(const world::CurriculumPhase& phase, const world::Readings& readings, int64_t places, const text::Tokenizer& tokenizer,
                   int64_t context, const base::Rng& rng);

}  // namespace manabi::learn
