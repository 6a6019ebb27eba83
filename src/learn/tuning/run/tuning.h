// A tuning from its first step to its last: the parts' parameters, the one step loop, and of every replica the step that did best on the
// development split. It can be cut off anywhere and goes on from its folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/watch.h"
#include "learn/training/training_run.h"
#include "learn/tuning/run/tuning_judge.h"
#include "learn/tuning/run/tuning_objective.h"

namespace manabi::learn {

// Values of every replica as it is now: [R][quantities].
using MeasureTuned = std::function<std::vector<std::vector<double>>(const model::TunedNetwork&, const tensor::ParameterBuffer&)>;

struct TuningPlan {
  model::TunedParts parts;
  tensor::OptimiserOptions optimiser;
  Schedule schedule;  // its steps are the tuning's
  int64_t batch = 16;
  double clip_norm = 1;
  std::vector<double> lr;               // one a replica
  std::vector<uint64_t> seeds;          // likewise, of the parts' first values
  std::vector<TuningData> data;         // likewise
  std::vector<JudgedEpisode> dev;       // what the best step is chosen on; none: the last step is kept
  int64_t judged_every = 25;            // steps
  MeasureTuned measure;                 // where there are none, what is measured on the way; null: nothing
  std::vector<int64_t> measured_after;  // steps, ascending
  int64_t threads = 1;
  int64_t token_budget = 2048;  // of a pass that judges
  base::Json made_of;           // everything that could change the result
  std::string title;
};

inline constexpr const char* kBestFile = "best.safetensors";  // in a tuning's folder, while it runs

// What becomes of a replica.
struct TunedReplica {
  int64_t best_step = 0;     // after so many steps
  Judgement best;            // on the development split; zeros where there is none
  int64_t diverged_at = -1;  // its step, or -1
};

class Tuning {
 public:
  // Sets first values that come neither from chance nor from the network (real words, activations); null: there are none.
  using SetFirstValues = std::function<void(tensor::ParameterBuffer& parameters)>;

  // `folder` exists. Throws base::Error for options that cannot fit together.
  Tuning(std::shared_ptr<const model::FrozenNetwork> network, TuningPlan plan, const std::filesystem::path& folder,
         const SetFirstValues& set_first_values = nullptr);

  // Goes on where the folder's state ends. The watch counts steps, and hears of the loss every so many.
  void run(const base::Watch& watch, int64_t noted_every = 0);
  int64_t steps_done() const { return trainer_.steps_done(); }
  double last_loss(int64_t replica) const;
  bool is_all_diverged() const;

  const model::TunedNetwork& network() const { return network_; }
  // With every replica at its best step.
  const tensor::ParameterBuffer& parameters() const { return parameters_; }
  std::vector<TunedReplica> replicas() const;
  const std::vector<std::vector<double>>& curves() const { return run_.curves(); }  // mean loss over curve_every steps
  const std::vector<Measurement>& measurements() const {
    return run_.measurements();
  }  // as measured, or [R]{accuracy, loss} on the development split
  int64_t curve_every() const { return run_.plan().curve_every; }
  static std::vector<int64_t> judged_after(const TuningPlan& plan);
  // Memory that a tuning holds beside the frozen network: values, gradients of every part of a step, running means.
  static int64_t bytes(const std::shared_ptr<const model::FrozenNetwork>& network, const TuningPlan& plan);

 private:
  std::vector<std::vector<double>> judge_all();
  void recall_best();
  void keep_best(const std::vector<std::vector<double>>& measured);
  void take_best();
  std::string line_of_progress() const;

  TuningPlan plan_;
  model::TunedNetwork network_;
  tensor::ParameterBuffer parameters_;
  TuningObjective objective_;
  Trainer trainer_;
  TrainingRun run_;
  std::filesystem::path best_file_;
  std::vector<TunedReplica> best_;
};

}  // namespace manabi::learn
