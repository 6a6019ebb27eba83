#include "tensor/parameters/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "tensor/kernels/format.h"

namespace manabi::tensor {
namespace {

constexpr int64_t kElementsPerThread = 65536;  // a multiple of every number of lanes

const kernels::TrainingKernels* kernels_for(const at::Tensor& tensor) {
  const bool is_plain = tensor.is_cpu() && tensor.scalar_type() == at::kFloat && kernels::find_kernels(kernels::Format::float32);
  return is_plain ? &kernels::find_kernels(kernels::Format::float32)->training : nullptr;
}

// PyTorch's arithmetic, in plain operations on any device and dtype.
void adam_reference(at::Tensor values, const at::Tensor& gradient, at::Tensor first, at::Tensor second, const kernels::AdamRun& run, double kept,
                    double step, const OptimiserOptions& options, double correction) {
  const at::Tensor scaled = gradient * static_cast<double>(run.gradient_scale);
  first.mul_(options.beta1).add_(scaled, 1 - options.beta1);
  second.mul_(options.beta2).addcmul_(scaled, scaled, 1 - options.beta2);
  values.mul_(kept).addcdiv_(first, second.sqrt().mul_(correction).add_(options.epsilon), -step);
}

void adam_fused(const kernels::TrainingKernels& kernels, const kernels::AdamRun& run) {
  at::parallel_for(0, (run.count + kElementsPerThread - 1) / kElementsPerThread, 1, [&](int64_t begin, int64_t end) {
    kernels::AdamRun part = run;
    const int64_t offset = begin * kElementsPerThread;
    part.values += offset;
    part.gradient += offset;
    part.first += offset;
    part.second += offset;
    part.count = std::min(run.count, end * kElementsPerThread) - offset;
    kernels.adam(part);
  });
}

double merge_row(const kernels::TrainingKernels& kernels, float* into, const std::vector<const float*>& others, int64_t count) {
  double squares = 0;
  for (size_t i = 0; i < std::max<size_t>(1, others.size()); ++i)
    squares = kernels.add_and_square(into, others.empty() ? nullptr : others[i], count);
  return squares;
}

}  // namespace

Optimiser::Optimiser(OptimiserOptions options, const ParameterBuffer& parameters)
    : options_(options), steps_(at::zeros({parameters.replicas()}, at::kLong)) {
  if (options_.rule != Rule::sgd) means_ = at::zeros({2, parameters.replicas(), parameters.width()}, parameters.values().options());
}

void Optimiser::step(ParameterBuffer& parameters, const at::Tensor& gradients, const std::vector<ReplicaStep>& replicas) {
  TORCH_CHECK(gradients.sizes() == parameters.values().sizes() && static_cast<int64_t>(replicas.size()) == parameters.replicas(),
              "Optimiser: gradients ", gradients.sizes(), " and ", replicas.size(), " steps for parameters ", parameters.values().sizes());
  at::parallel_for(0, parameters.replicas(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t replica = begin; replica < end; ++replica) step_replica(parameters, gradients, replica, replicas[static_cast<size_t>(replica)]);
  });
}

void Optimiser::step_replica(ParameterBuffer& parameters, const at::Tensor& gradients, int64_t replica, const ReplicaStep& step) {
  if (step.is_frozen) return;
  ++steps_.data_ptr<int64_t>()[replica];
  const int64_t trained = parameters.trained();
  const at::Tensor values = parameters.values().select(0, replica).narrow(0, 0, trained);
  const at::Tensor gradient = gradients.select(0, replica).narrow(0, 0, trained);
  if (options_.rule == Rule::adafactor)
    adafactor(parameters, gradients, replica, step);
  else if (options_.rule == Rule::adam)
    adam(values, gradient, replica, parameters.decaying(), step);
  else
    descend(values, gradient, parameters.decaying(), step);
}

void Optimiser::descend(at::Tensor values, const at::Tensor& gradient, int64_t decaying, const ReplicaStep& step) const {
  if (options_.weight_decay > 0) values.narrow(0, 0, decaying).mul_(1 - step.lr * options_.weight_decay);
  values.add_(gradient, -step.lr * step.gradient_scale);
}

void Optimiser::adafactor(ParameterBuffer& parameters, const at::Tensor& gradients, int64_t replica, const ReplicaStep& step) {
  constexpr double kForgetting = 0.8, kLeastSquare = 1e-30, kLargestUpdate = 1;
  const double kept = 1 - std::pow(static_cast<double>(steps_.const_data_ptr<int64_t>()[replica]), -kForgetting);
  for (ParameterId id = 0; id < parameters.shapes().size(); ++id) {
    if (parameters.shapes()[id].is_frozen) continue;
    at::Tensor values = parameters.view(id).select(0, replica);
    at::Tensor squares = parameters.view_of(means_.select(0, 1), id).select(0, replica);
    const at::Tensor gradient = parameters.view_of(gradients, id).select(0, replica) * step.gradient_scale;
    squares.mul_(kept).add_(gradient.square() + kLeastSquare, 1 - kept);
    const at::Tensor update = gradient / squares.sqrt();
    const double size = update.square().mean().sqrt().item<double>();
    if (parameters.shapes()[id].decays) values.mul_(1 - options_.weight_decay);
    values.sub_(update, step.lr / std::max(1.0, size / kLargestUpdate));
  }
}

void Optimiser::adam(at::Tensor values, const at::Tensor& gradient, int64_t replica, int64_t decaying, const ReplicaStep& step) {
  const double time = static_cast<double>(steps_.const_data_ptr<int64_t>()[replica]);
  const double scaled_lr = step.lr / (1 - std::pow(options_.beta1, time)), correction = 1 / std::sqrt(1 - std::pow(options_.beta2, time));
  const at::Tensor first = means_.select(0, 0).select(0, replica).narrow(0, 0, values.size(0));
  const at::Tensor second = means_.select(0, 1).select(0, replica).narrow(0, 0, values.size(0));
  const kernels::TrainingKernels* kernels = kernels_for(values);
  for (const bool decays : {true, false}) {
    const int64_t begin = decays ? 0 : decaying, count = decays ? decaying : values.size(0) - decaying;
    const double kept = decays ? 1 - step.lr * options_.weight_decay : 1;
    kernels::AdamRun run = {.count = count,
                            .gradient_scale = static_cast<float>(step.gradient_scale),
                            .kept = static_cast<float>(kept),
                            .step = static_cast<float>(scaled_lr),
                            .beta1 = static_cast<float>(options_.beta1),
                            .beta2 = static_cast<float>(options_.beta2),
                            .correction = static_cast<float>(correction),
                            .epsilon = static_cast<float>(options_.epsilon)};
    if (!kernels) {
      adam_reference(values.narrow(0, begin, count), gradient.narrow(0, begin, count), first.narrow(0, begin, count),
                     second.narrow(0, begin, count), run, kept, scaled_lr, options_, correction);
      continue;
    }
    run.values = values.data_ptr<float>() + begin;
    run.gradient = gradient.const_data_ptr<float>() + begin;
    run.first = first.data_ptr<float>() + begin;
    run.second = second.data_ptr<float>() + begin;
    adam_fused(*kernels, run);
  }
}

std::vector<double> merge_gradients(const std::vector<at::Tensor>& parts) {
  const at::Tensor& sum = parts.front();
  const kernels::TrainingKernels* kernels = kernels_for(sum);
  std::vector<double> squares;
  if (!kernels) {
    for (size_t i = 1; i < parts.size(); ++i) sum.add_(parts[i]);
    const at::Tensor norms = sum.to(at::kDouble).square().sum(1).cpu();
    return {norms.const_data_ptr<double>(), norms.const_data_ptr<double>() + norms.numel()};
  }
  squares.resize(static_cast<size_t>(sum.size(0)));
  at::parallel_for(0, sum.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t replica = begin; replica < end; ++replica) {
      std::vector<const float*> others;
      for (size_t i = 1; i < parts.size(); ++i) others.push_back(parts[i].const_data_ptr<float>() + replica * parts[i].stride(0));
      squares[static_cast<size_t>(replica)] = merge_row(*kernels, sum.data_ptr<float>() + replica * sum.stride(0), others, sum.size(1));
    }
  });
  return squares;
}

}  // namespace manabi::tensor
