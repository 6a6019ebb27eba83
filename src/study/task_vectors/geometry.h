// How the vectors of many tasks lie (Hendel, Geva and Globerson 2023, section 4): those of one task beside each other, apart from all others.
#pragma once

#include <span>
#include <vector>

#include "study/task_vectors/measure.h"

namespace manabi::study::task_vectors {

// Cosine distances, means over pairs of vectors, at {task, layer}: of two vectors of the task (no vector with itself), of one of the task and
// one of any other.
inline constexpr const char* kWithin = "distance within";
inline constexpr const char* kBetween = "distance between";
// Of every vector, at {task, item, axis: 0 or 1, layer}: where it lies on the plane of the largest spread (principal components) at one layer.
inline constexpr const char* kPlace = "place";

std::vector<lab::Row> measure_geometry(const model::Checkpoint& checkpoint, std::span<const ReadableTask> tasks, const VectorOptions& options,
                                       const base::Rng& rng, const base::Watch& watch);

}  // namespace manabi::study::task_vectors
