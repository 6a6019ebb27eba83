#include "learn/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr double kClipGuard = 1e-6;  // as torch.nn.utils.clip_grad_norm_ has it

double clip_factor(double norm, double limit) { return limit > 0 ? std::min(1.0, limit / (norm + kClipGuard)) : 1.0; }

void check(const TrainerOptions& options, int64_t replicas) {
  if (options.batch < 1) throw base::Error({.where = "batch", .given = std::to_string(options.batch), .expected = "at least 1"});
  if (static_cast<int64_t>(options.lr.size()) != replicas)
    throw base::Error(
        {.where = "lr", .given = fmt::format("{} learning rates for {} replicas", options.lr.size(), replicas), .expected = "one a replica"});
  const bool needs_end = options.schedule.decay == Decay::linear || options.schedule.decay == Decay::cosine;
  if (needs_end && options.schedule.steps <= options.schedule.warm_up)
    throw base::Error({.where = "steps, warm-up",
                       .given = fmt::format("{} steps with a warm-up of {}", options.schedule.steps, options.schedule.warm_up),
                       .expected = "a warm-up that ends before the last step"});
}

}  // namespace

Trainer::Trainer(tensor::ParameterBuffer& parameters, const Objective& objective, TrainerOptions options)
    : parameters_(parameters),
      objective_(objective),
      options_(std::move(options)),
      optimiser_(options_.optimiser, parameters),
      diverged_at_(static_cast<size_t>(parameters.replicas()), -1),
      outcomes_(static_cast<size_t>(parameters.replicas())) {
  check(options_, parameters.replicas());
  plan_parts();
}

// Replicas are split where they fill the threads evenly: nothing has to be joined then. Else the rows of the batch are.
void Trainer::plan_parts() {
  const int64_t replicas = parameters_.replicas();
  const int64_t threads = parameters_.values().is_cpu() ? std::max<int64_t>(1, options_.threads) : 1;
  splits_replicas_ = replicas % threads == 0;
  gradients_ = at::zeros_like(parameters_.values());
  const int64_t whole = splits_replicas_ ? replicas : options_.batch, count = std::min(threads, whole);
  for (int64_t part = 0; part < count; ++part) {
    const int64_t begin = whole * part / count, end = whole * (part + 1) / count;
    if (splits_replicas_) {
      parts_.push_back(
          {.leaves = {parameters_, begin, gradients_.narrow(0, begin, end - begin)}, .first_row = 0, .rows = options_.batch, .losses = {}});
    } else {
      parts_.push_back({.leaves = {parameters_, 0, part == 0 ? gradients_ : at::zeros_like(gradients_)},
                        .first_row = begin,
                        .rows = end - begin,
                        .losses = {}});
    }
  }
}

void Trainer::run(Part& part) const {
  part.leaves.clear_gradients();
  const at::Tensor losses = objective_.losses(part.leaves, {.step = step_,
                                                            .first_replica = part.leaves.first(),
                                                            .replicas = part.leaves.replicas(),
                                                            .first_row = part.first_row,
                                                            .rows = part.rows,
                                                            .batch = options_.batch});
  torch::autograd::backward({losses}, {at::ones_like(losses)});
  const at::Tensor values = losses.detach().to(at::kCPU, at::kDouble).contiguous();
  part.losses.assign(values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
}

std::vector<double> Trainer::join() {
  std::vector<at::Tensor> gradients = {gradients_};
  for (size_t part = 1; part < parts_.size() && !splits_replicas_; ++part) gradients.push_back(parts_[part].leaves.gradients());
  return tensor::merge_gradients(gradients);
}

TrainerState Trainer::state() const {
  return {.step = step_, .diverged_at = diverged_at_, .optimiser_means = optimiser_.means(), .optimiser_steps = optimiser_.steps()};
}

void Trainer::set_state(const TrainerState& state) {
  step_ = state.step;
  diverged_at_ = state.diverged_at;
}

const std::vector<StepOutcome>& Trainer::step() {
  at::parallel_for(0, static_cast<int64_t>(parts_.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) run(parts_[static_cast<size_t>(part)]);
  });
  for (StepOutcome& outcome : outcomes_) outcome = {};
  for (const Part& part : parts_)
    for (size_t i = 0; i < part.losses.size(); ++i) outcomes_[static_cast<size_t>(part.leaves.first()) + i].loss += part.losses[i];

  const std::vector<double> squares = join();
  const double factor = factor_at(options_.schedule, step_);
  std::vector<tensor::ReplicaStep> steps;
  for (size_t replica = 0; replica < outcomes_.size(); ++replica) {
    StepOutcome& outcome = outcomes_[replica];
    outcome.gradient_norm = std::sqrt(squares[replica]);
    const bool is_finite = std::isfinite(outcome.loss) && std::isfinite(outcome.gradient_norm);
    if (!is_finite && diverged_at_[replica] < 0) diverged_at_[replica] = step_;
    const bool rests = diverged_at_[replica] >= 0;
    if (rests) outcome = {.loss = std::numeric_limits<double>::quiet_NaN(), .gradient_norm = std::numeric_limits<double>::quiet_NaN()};
    steps.push_back(
        {.lr = options_.lr[replica] * factor, .gradient_scale = clip_factor(outcome.gradient_norm, options_.clip_norm), .is_frozen = rests});
  }
  optimiser_.step(parameters_, gradients_, steps);
  ++step_;
  return outcomes_;
}

}  // namespace manabi::learn
