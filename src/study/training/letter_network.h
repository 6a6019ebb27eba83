// Networks that are taught letter tasks from demonstrations, in which the vectors are then looked for: their tasks are known to be learned, and
// an input by itself does not say which of them is meant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "lab/study.h"
#include "model/checkpoint.h"
#include "probe/tasks/task_items.h"
#include "study/equipment.h"

namespace manabi::study {

struct LetterNetworkOptions {
  int64_t layers = 6;
  int64_t width = 128;
  int64_t steps = 5000;
  int64_t batch = 64;
  double lr = 1e-3;
  bool looped = false;     // one block, passed as many times as there are layers
  double named = 0;        // share of the rows whose examples name their tasks instead of showing one
  int64_t bijections = 6;  // random maps of the letters, beside the seven tasks with names

  // What a scale trains, the same in every study, so that they share the networks.
  static LetterNetworkOptions of_scale(lab::RunScale scale);

  void add_to(base::OptionTable& table);
  std::string name() const;       // of the model in a cell: "scratch-6x128"
  std::string described() const;  // all that could change a value
  base::Json json() const;
};

inline constexpr const char* kTrainingLoss = "loss";  // of training, nats an asked output, at {step}
inline constexpr const char* kParameters = "parameters";

std::vector<probe::ReadableTask> tasks_of_letter_network(const LetterNetworkOptions& options, uint64_t seed);

// The trained network of a seed, read where it was trained before.
struct LetterNetwork {
  model::Checkpoint checkpoint;
  std::vector<lab::Row> rows;  // its loss curve and size
};
std::unique_ptr<LetterNetwork> letter_network(const LetterNetworkOptions& options, uint64_t seed, const Equipment& equipment,
                                              lab::Workbench& bench);
// In the units by which the watch advances while it trains.
int64_t letter_network_cost(const LetterNetworkOptions& options);

}  // namespace manabi::study
