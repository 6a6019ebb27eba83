// One fused pass over a flat buffer of parameters, replica by replica.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::tensor {

// sgd: plain gradient descent. adam: with decoupled weight decay, so AdamW; without decay Adam. adafactor (Shazeer and Stern 2018) as prompts
// are tuned with it: squares not factored, no momentum, no scaling by the parameter, updates of a parameter cut at a root mean square of 1; the
// running mean of squares forgets with 1 - t^-0.8; decay is not multiplied by the learning rate.
enum class Rule { sgd, adam, adafactor };

struct OptimiserOptions {
  Rule rule = Rule::adam;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // of the parameters that decay; a step takes lr * weight_decay of each off
};

// What one step does to one replica.
struct ReplicaStep {
  double lr = 0;
  double gradient_scale = 1;  // from clipping
  bool is_frozen = false;     // left as it is, its state too
};

// What Adam multiplies with in a replica's step (kernels::AdamRun).
struct AdamScales {
  double kept = 1;
  double step = 0;
  double correction = 1;
};

class Optimiser {
 public:
  Optimiser(OptimiserOptions options, const ParameterBuffer& parameters);

  // gradients [R, P], in the buffer's layout. Replicas that are not frozen count one step more.
  void step(ParameterBuffer& parameters, const at::Tensor& gradients, const std::vector<ReplicaStep>& replicas);

  // What a training resumes from: running means [2, R, P] (undefined for SGD; Adafactor leaves the first zero) and steps [R] int64. Tensors are
  // the state itself.
  const at::Tensor& means() const { return means_; }
  const at::Tensor& steps() const { return steps_; }

 private:
  void step_replica(ParameterBuffer& parameters, const at::Tensor& gradients, int64_t replica, const ReplicaStep& step);
  void descend(at::Tensor values, const at::Tensor& gradient, int64_t decaying, const ReplicaStep& step) const;
  void adafactor(ParameterBuffer& parameters, const at::Tensor& gradients, int64_t replica, const ReplicaStep& step);
  AdamScales adam_scales(int64_t replica, bool decays, const ReplicaStep& step) const;
  void adam_reference(const at::Tensor& values, const at::Tensor& gradient, int64_t replica, int64_t decaying, const ReplicaStep& step);
  void adam(ParameterBuffer& parameters, const at::Tensor& gradients, const std::vector<ReplicaStep>& replicas);

  OptimiserOptions options_;
  at::Tensor means_;
  at::Tensor steps_;
};

// Adds the gradients of the other parts to the first, all [R, P] of the same replicas, and gives each replica's sum of squares.
std::vector<double> merge_gradients(const std::vector<at::Tensor>& parts);

}  // namespace manabi::tensor
