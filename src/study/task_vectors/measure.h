// Task vectors of one task in one model (Hendel, Geva and Globerson 2023, sections 2 and 3): theta is the stream of the last token, after a
// block, of a prompt of demonstrations and a dummy query; put in the place of the same stream of a prompt that holds the query alone, it stands
// for the demonstrations.
//
// Letters: P items, L blocks, D width.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/record.h"
#include "model/checkpoint.h"
#include "probe/tasks/task_items.h"

namespace manabi::study::task_vectors {

using probe::ReadableTask;
using world::Mapping;
using world::MappingItem;

struct VectorOptions {
  int64_t items = 50;  // on which the vectors are judged, and as many others on which the layer is chosen
  world::MappingDraw draw;
  int64_t token_budget = 2048;
};

// Whose demonstrations theta stands for, or what stands in its place.
enum class Arm {
  task,      // the item's own
  shuffled,  // the item's own with each other's outputs
  other,     // another task's
  random     // none: a normal vector of the same norm
};
std::string name_of(Arm arm);  // "task vector", "shuffled labels", "another task", "random vector"

// Rows of the record: see the metrics below.
inline constexpr const char* kAccuracy = "accuracy";      // of the judged items, at {arm, layer}; of "regular" and "zero-shot" without a layer
inline constexpr const char* kChosenOn = "dev accuracy";  // of the others, at {layer}
inline constexpr const char* kCopies =
    "copies the dummy";                                  // share of the task vector's answers that are a dummy's and not the query's, at {layer}
inline constexpr const char* kBestLayer = "best layer";  // the first of the largest dev accuracies
// And items at {arm, item}: arms at the best layer, "regular", "zero-shot" (study/item_arms.h).

// What one task gives. `other` is the task whose vectors are the control. Throws base::Error where a task has too few pairs.
std::vector<lab::Row> measure_task(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadableTask& other,
                                   const VectorOptions& options, const base::Rng& rng, const base::Watch& watch);

}  // namespace manabi::study::task_vectors
