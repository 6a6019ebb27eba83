// Vectors of composed tasks (Todd et al. 2024, section 3.4): of lists of words, "f of the last word" as the sum of "f of the first word" and
// "the last word" less "the first word".
#pragma once

#include <string>
#include <vector>

#include "study/function_vectors/measure.h"

namespace manabi::study::function_vectors {

// Shares right over lists that were not shown, at {arm}.
inline constexpr const char* kComposed = "composed accuracy";
inline constexpr const char* kArmNone = "lists alone";
inline constexpr const char* kArmSum = "sum of three vectors";
inline constexpr const char* kArmOwn = "its own vector";
inline constexpr const char* kArmRegular = "demonstrations";

// Lists of five inputs of `task`; the vectors are put behind the judged layer. No rows where one of the four tasks is not solved by
// demonstrations at all.
std::vector<lab::Row> judge_composition(const model::Checkpoint& checkpoint, const world::MappingTask& task,
                                        const std::vector<probe::Head>& heads, const FunctionOptions& options, const base::Rng& rng,
                                        const base::Watch& watch);

}  // namespace manabi::study::function_vectors
