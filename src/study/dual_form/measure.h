// One task: demonstrations in the prompt beside one pass of gradient descent over the same demonstrations (Dai et al. 2023).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lab/record.h"
#include "model/checkpoint.h"
#include "probe/tasks/task_items.h"
#include "study/dual_form/readings.h"
#include "world/dataset.h"

namespace manabi::study::dual_form {

struct DualOptions {
  int64_t shots = 32;
  int64_t items = 200;
  int64_t tuning_items = 100;  // others, on which the rate is chosen
  int64_t ranked_items = 100;  // of the items: those whose attention is ranked
  std::vector<double> rates = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
  int64_t template_index = 0;
  int64_t token_budget = 2048;
};

// trained: as the checkpoint is. shuffled: tuned on demonstrations whose labels are drawn anew, while the prompt shows the right ones. random:
// the checkpoint's shape with random weights.
inline constexpr const char* kTrained = "trained";
inline constexpr const char* kShuffledLabels = "shuffled labels";
inline constexpr const char* kRandomWeights = "random weights";

// Arms of items (study/item_arms.h), and rows kAccuracy at {run}.
inline constexpr const char* kAccuracy = "accuracy";
inline constexpr const char* kPlain = "query alone";
inline constexpr const char* kShown = "demonstrations";
inline constexpr const char* kTuned = "tuned";

// Of every item, mean over layers, at {item}; and of every layer, mean over items, at {layer}.
inline constexpr const char* kUpdate = "update similarity";  // SimAOU
inline constexpr const char* kUpdateNoise = "update similarity, noise";
inline constexpr const char* kMapAfter = "map similarity, tuned";  // SimAM
inline constexpr const char* kMapBefore = "map similarity, untuned";
inline constexpr const char* kMemory = "rank correlation, tokens";  // Kendall
inline constexpr const char* kMemoryNoise = "rank correlation, tokens, noise";
inline constexpr const char* kMemoryExamples = "rank correlation, examples";
// Of the items that tuning mends (wrong before, right after), at {item}: whether demonstrations mend them too (Rec2FTP).
inline constexpr const char* kCovered = "covered";
inline constexpr const char* kRate = "rate";                   // the chosen one
inline constexpr const char* kRateAccuracy = "rate accuracy";  // of the others, at {rate}

// The queries of a draw, behind its demonstrations and alone: those on which things are measured, and others on which the rate is chosen.
struct DrawnTask {
  TokenEpisodes measured, chosen_on;
  std::vector<std::vector<TokenId>> tuned_on;  // the demonstrations, with the labels that the arm shows to tuning
};
// Queries of a data set that fit the model's context; answers are its classes.
DrawnTask draw_classes(const model::Checkpoint& checkpoint, const std::shared_ptr<const world::Dataset>& dataset, const std::string& arm,
                       int64_t seed, const DualOptions& options);
// Lines of a mapping; answers are all its outputs. Throws base::Error for fewer than two pairs beside the demonstrations.
DrawnTask draw_pairs(const model::Checkpoint& checkpoint, const probe::ReadableTask& task, const std::string& arm, int64_t seed,
                     const DualOptions& options);

std::vector<lab::Row> measure_task(const model::Checkpoint& checkpoint, const DrawnTask& task, const std::string& arm, const base::Rng& rng,
                                   const DualOptions& options, const base::Watch& watch);

}  // namespace manabi::study::dual_form
