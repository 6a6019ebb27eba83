// The one step loop of everything that is trained here: R replicas of a model as one. A step cuts its work into parts, one a thread: each runs
// forward and backward over some replicas, or over some rows of every replica, and adds to a gradient buffer of its own; then one pass joins
// the gradients, clips them and moves the parameters. Nothing is drawn from a stored stream: step n is a function of (parameters, state, n).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "learn/training/schedule.h"
#include "tensor/parameters/optimiser.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::learn {

// Which share of a step's batch: some replicas, and the same rows of each.
struct BatchShare {
  int64_t step = 0;
  int64_t first_replica = 0;
  int64_t replicas = 1;
  int64_t first_row = 0;
  int64_t rows = 0;  // of `batch` rows
  int64_t batch = 0;
};

// What is trained: a model on the rows of a world. Called from several threads at once, each with its own leaves.
class Objective {
 public:
  virtual ~Objective() = default;
  // Losses [R] of the share's replicas, their parts adding up to the loss of the whole batch. The leaves hold exactly these replicas.
  virtual at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const = 0;
};

struct TrainerOptions {
  int64_t batch = 32;
  Schedule schedule;
  std::vector<double> lr;  // one a replica
  double clip_norm = 0;    // of a replica's whole gradient; 0: not clipped
  tensor::OptimiserOptions optimiser;
  int64_t threads = 1;  // parts of a step; on another device than the CPU always 1
};

// What happened to a replica in one step.
struct StepOutcome {
  double loss = 0;
  double gradient_norm = 0;  // before clipping
};

// What a training goes on from, beside the parameters. The optimiser's tensors are the state itself, not copies.
struct TrainerState {
  int64_t step = 0;
  std::vector<int64_t> diverged_at;  // one a replica; -1: it has not
  at::Tensor optimiser_means;        // [2, R, P], or undefined
  at::Tensor optimiser_steps;        // [R] int64
};

class Trainer {
 public:
  // Both outlive the trainer. Throws base::Error for options that cannot fit together.
  Trainer(tensor::ParameterBuffer& parameters, const Objective& objective, TrainerOptions options);

  // One step of all replicas that have not diverged; a replica whose loss or gradient is not finite stays as it was before the step, from
  // then on. One outcome a replica (NaN for those at rest).
  const std::vector<StepOutcome>& step();

  int64_t steps_done() const { return step_; }
  bool has_diverged(int64_t replica) const { return diverged_at_[static_cast<size_t>(replica)] >= 0; }
  int64_t diverged_at(int64_t replica) const { return diverged_at_[static_cast<size_t>(replica)]; }  // its step, or -1
  TrainerState state() const;
  void set_state(const TrainerState& state);

 private:
  struct Part {
    tensor::ParameterLeaves leaves;
    int64_t first_row, rows;
    std::vector<double> losses;  // of its replicas
  };

  void plan_parts();
  void run(Part& part) const;
  std::vector<double> join();  // gives each replica's sum of squared gradients

  tensor::ParameterBuffer& parameters_;
  const Objective& objective_;
  TrainerOptions options_;
  tensor::Optimiser optimiser_;
  std::vector<Part> parts_;
  bool splits_replicas_ = false;  // or rows
  at::Tensor gradients_;          // [R, P]: of all parts side by side, or of the first, to which the others are added
  int64_t step_ = 0;
  std::vector<int64_t> diverged_at_;
  std::vector<StepOutcome> outcomes_;
};

}  // namespace manabi::learn
