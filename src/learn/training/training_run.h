// A training from its first step to its last, that can be cut off anywhere: its state lies in a file that is replaced whole, and a run that
// finds one goes on from there, bit for bit on the same machine with the same replicas and threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "base/watch.h"
#include "learn/training/trainer.h"

namespace manabi::learn {

// Values of each replica after `step` steps: the same list of quantities every time.
struct Measurement {
  int64_t step = 0;
  std::vector<std::vector<double>> values;  // [R][quantities]
};

inline constexpr const char* kTrainingStateFile = "training.safetensors";  // in a folder that holds one training

using Measure = std::function<std::vector<std::vector<double>>()>;

struct TrainingPlan {
  int64_t steps = 0;
  std::vector<int64_t> measured_after;  // steps, ascending, after which the measure is taken; 0: before the first
  int64_t curve_every = 100;            // steps that one point of the loss curve averages
  double save_every_seconds = 20;       // the state is written at most so often, and at the end
  std::string title;                    // what lists call it; changes nothing
  base::Json made_of;                   // everything that could change the result: a state made of other things is refused
};

class TrainingRun {
 public:
  // All outlive the run. `state_file` may not exist yet; its folder does.
  TrainingRun(tensor::ParameterBuffer& parameters, Trainer& trainer, TrainingPlan plan, std::filesystem::path state_file);

  // Goes on from the state file when there is one. Throws base::Error that lists what differs when it was made of other things.
  void resume();
  // Steps until `step` (at most the plan's last). Advances the watch by steps; a cancellation saves first. `measure` may be null when nothing
  // is measured.
  void train_to(int64_t step, const base::Watch& watch, const Measure& measure = nullptr);
  void save() const;

  // Mean losses over `curve_every` steps each: one list of points a replica; NaN from its divergence on.
  const std::vector<std::vector<double>>& curves() const { return curves_; }
  const std::vector<Measurement>& measurements() const { return measurements_; }
  const TrainingPlan& plan() const { return plan_; }

 private:
  void note_losses(const std::vector<StepOutcome>& outcomes);
  void measure_if_due(const Measure& measure);

  tensor::ParameterBuffer& parameters_;
  Trainer& trainer_;
  TrainingPlan plan_;
  std::filesystem::path state_file_;
  std::vector<std::vector<double>> curves_;
  std::vector<double> sums_;  // of the losses since the last point
  std::vector<Measurement> measurements_;
};

}  // namespace manabi::learn
