// One training of `manabi train`: the network, its rows and the run that can be cut off anywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "app/verbs/train/data.h"
#include "app/verbs/train/options.h"
#include "base/format/json.h"
#include "base/watch.h"
#include "learn/training/token_training.h"
#include "learn/training/training_run.h"

namespace manabi::app {

class Training {
 public:
  // Goes on from the state that lies in the output folder, which exists; else leaves the state of step 0 there, so that the folder is known
  // for a training from its first moment.
  Training(const TrainOptions& options, const TrainingData& data, const base::Json& made_of, int64_t threads);

  bool has_diverged() const { return trainer_.has_diverged(0); }
  int64_t parameter_count() const { return parameters_.parameter_count(); }
  int64_t steps_done() const { return trainer_.steps_done(); }
  double last_loss() const { return run_.curves()[0].empty() ? 0 : run_.curves()[0].back(); }
  double held_out_loss() const;
  const std::vector<double>& curve() const { return run_.curves()[0]; }
  int64_t curve_every() const { return run_.plan().curve_every; }
  void train_to(int64_t step, const base::Watch& watch) { run_.train_to(step, watch); }
  void save(const std::filesystem::path& folder) const;

 private:
  tensor::ParameterPlan plan_;
  model::TokenNetwork network_;
  tensor::ParameterBuffer parameters_;
  learn::TokenObjective objective_;
  learn::TokenWorlds held_out_;
  learn::Trainer trainer_;
  learn::TrainingRun run_;
};

}  // namespace manabi::app
