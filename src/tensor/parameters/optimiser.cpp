#include "tensor/parameters/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>

#include "tensor/kernels/format.h"
#include "tensor/kernels/layers.h"

namespace manabi::tensor {
namespace {

constexpr int64_t kElementsPerPiece = 65536;  // a multiple of every number of lanes

const kernels::TrainingKernels* kernels_for(const at::Tensor& tensor) {
  const bool is_plain = tensor.is_cpu() && tensor.scalar_type() == at::kFloat && kernels::find_kernels(kernels::Format::float32);
  return is_plain ? &kernels::find_kernels(kernels::Format::float32)->training : nullptr;
}

// The same runs cut into pieces that threads share out.
std::vector<kernels::AdamRun> pieces_of(const std::vector<kernels::AdamRun>& runs) {
  std::vector<kernels::AdamRun> pieces;
  for (kernels::AdamRun rest : runs) {
    while (rest.count > 0) {
      kernels::AdamRun piece = rest;
      piece.count = std::min(rest.count, kElementsPerPiece);
      pieces.push_back(piece);
      rest.values += piece.count;
      rest.gradient += piece.count;
      rest.first += piece.count;
      rest.second += piece.count;
      rest.count -= piece.count;
    }
  }
  return pieces;
}

void adam_on_cpu(const std::vector<kernels::AdamRun>& runs) {
  const std::vector<kernels::AdamRun> pieces = pieces_of(runs);
  int64_t elements = 0;
  for (const kernels::AdamRun& run : runs) elements += run.count;
  // Pieces differ in size, so that threads take them in turn; another is woken for a whole piece only.
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), std::max<int64_t>(1, elements / kElementsPerPiece));
  std::atomic<size_t> next = 0;
  at::parallel_for(0, threads, 1, [&](int64_t, int64_t) {
    for (size_t piece = next++; piece < pieces.size(); piece = next++) kernels::cpu_layer_kernels()->adam(std::span(pieces).subspan(piece, 1));
  });
}

bool has_fused_adam(const at::Tensor& values) {
  if (values.scalar_type() != at::kFloat) return false;
  return values.is_cpu() ? kernels::cpu_layer_kernels() != nullptr : values.is_cuda() && kernels::cuda_layer_kernels() != nullptr;
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
  TORCH_CHECK(gradients.sizes() == parameters.values().sizes() && gradients.is_contiguous() &&
                  gradients.device() == parameters.values().device() && static_cast<int64_t>(replicas.size()) == parameters.replicas(),
              "Optimiser: gradients ", gradients.sizes(), " and ", replicas.size(), " steps for parameters ", parameters.values().sizes());
  for (int64_t replica = 0; replica < parameters.replicas(); ++replica)
    if (!replicas[static_cast<size_t>(replica)].is_frozen) ++steps_.data_ptr<int64_t>()[replica];
  if (options_.rule == Rule::adam && has_fused_adam(parameters.values())) return adam(parameters, gradients, replicas);
  at::parallel_for(0, parameters.replicas(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t replica = begin; replica < end; ++replica) step_replica(parameters, gradients, replica, replicas[static_cast<size_t>(replica)]);
  });
}

void Optimiser::step_replica(ParameterBuffer& parameters, const at::Tensor& gradients, int64_t replica, const ReplicaStep& step) {
  if (step.is_frozen) return;
  const int64_t trained = parameters.trained();
  const at::Tensor values = parameters.values().select(0, replica).narrow(0, 0, trained);
  const at::Tensor gradient = gradients.select(0, replica).narrow(0, 0, trained);
  if (options_.rule == Rule::adafactor)
    adafactor(parameters, gradients, replica, step);
  else if (options_.rule == Rule::adam)
    adam_reference(values, gradient, replica, parameters.decaying(), step);
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

AdamScales Optimiser::adam_scales(int64_t replica, bool decays, const ReplicaStep& step) const {
  const double time = static_cast<double>(steps_.const_data_ptr<int64_t>()[replica]);
  return {.kept = decays ? 1 - step.lr * options_.weight_decay : 1,
          .step = step.lr / (1 - std::pow(options_.beta1, time)),
          .correction = 1 / std::sqrt(1 - std::pow(options_.beta2, time))};
}

// PyTorch's arithmetic, in plain operations on any device and dtype.
void Optimiser::adam_reference(const at::Tensor& values, const at::Tensor& gradient, int64_t replica, int64_t decaying,
                               const ReplicaStep& step) {
  for (const bool decays : {true, false}) {
    const int64_t begin = decays ? 0 : decaying, count = decays ? decaying : values.size(0) - decaying;
    const AdamScales scales = adam_scales(replica, decays, step);
    at::Tensor first = means_.select(0, 0).select(0, replica).narrow(0, begin, count);
    at::Tensor second = means_.select(0, 1).select(0, replica).narrow(0, begin, count);
    const at::Tensor scaled = gradient.narrow(0, begin, count) * step.gradient_scale;
    first.mul_(options_.beta1).add_(scaled, 1 - options_.beta1);
    second.mul_(options_.beta2).addcmul_(scaled, scaled, 1 - options_.beta2);
    values.narrow(0, begin, count).mul_(scales.kept).addcdiv_(first, second.sqrt().mul_(scales.correction).add_(options_.epsilon), -scales.step);
  }
}

void Optimiser::adam(ParameterBuffer& parameters, const at::Tensor& gradients, const std::vector<ReplicaStep>& replicas) {
  std::vector<kernels::AdamRun> runs;
  for (int64_t replica = 0; replica < parameters.replicas(); ++replica) {
    const ReplicaStep& step = replicas[static_cast<size_t>(replica)];
    if (step.is_frozen) continue;
    for (const bool decays : {true, false}) {
      const int64_t begin = decays ? 0 : parameters.decaying(), end = decays ? parameters.decaying() : parameters.trained();
      const int64_t offset = replica * parameters.width() + begin;
      const AdamScales scales = adam_scales(replica, decays, step);
      runs.push_back({.values = parameters.values().data_ptr<float>() + offset,
                      .gradient = gradients.const_data_ptr<float>() + offset,
                      .first = means_.data_ptr<float>() + offset,
                      .second = means_.data_ptr<float>() + parameters.values().numel() + offset,
                      .count = end - begin,
                      .gradient_scale = static_cast<float>(step.gradient_scale),
                      .kept = static_cast<float>(scales.kept),
                      .step = static_cast<float>(scales.step),
                      .beta1 = static_cast<float>(options_.beta1),
                      .beta2 = static_cast<float>(options_.beta2),
                      .correction = static_cast<float>(scales.correction),
                      .epsilon = static_cast<float>(options_.epsilon)});
    }
  }
  if (parameters.values().is_cpu()) return adam_on_cpu(runs);
  const c10::DeviceGuard current(parameters.values().device());
  kernels::cuda_layer_kernels()->adam(runs);
}

std::vector<double> merge_gradients(const std::vector<at::Tensor>& parts) {
  const at::Tensor& sum = parts.front();
  const kernels::TrainingKernels* kernels = kernels_for(sum);
  std::vector<double> squares;
  if (!kernels) {
    for (size_t i = 1; i < parts.size(); ++i) sum.add_(parts[i]);
    const at::Tensor sums = at::sum(sum.square(), at::IntArrayRef{1}, /*keepdim=*/false, at::kDouble).cpu();
    return {sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel()};
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
