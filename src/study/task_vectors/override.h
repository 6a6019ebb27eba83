// A vector of one task in the prompt of another (Hendel, Geva and Globerson 2023, section 5): whose answer does the model give?
#pragma once

#include <vector>

#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {

// Shares of the items, at {run: "regular" or "patched", of: "task" or "injected"}; the layer is that of the injected task's best vectors.
inline constexpr const char* kAnswersOf = "answers of";

// Prompts of demonstrations of `task` whose query is an input of both tasks, with the other's vector at their last token. No rows where the
// tasks share fewer than two inputs.
std::vector<lab::Row> measure_override(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadableTask& injected,
                                       const VectorOptions& options, const base::Rng& rng, const base::Watch& watch);

}  // namespace manabi::study::task_vectors
