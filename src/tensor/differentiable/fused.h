// What the fused layers share.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/custom_function.h>

#include <initializer_list>
#include <optional>
#include <vector>

#include "tensor/kernels/format.h"
#include "tensor/kernels/layers.h"

namespace manabi::tensor {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The CPU's kernels where they serve these tensors, or null: the reference does.
inline const kernels::TrainingKernels* training_kernels(std::initializer_list<at::Tensor> tensors) {
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined() && (!tensor.is_cpu() || tensor.scalar_type() != at::kFloat)) return nullptr;
  }
  const kernels::Kernels* kernels = kernels::find_kernels(kernels::Format::float32);
  return kernels ? &kernels->training : nullptr;
}

inline const kernels::LayerKernels* layer_kernels_of(at::Device device) {
  if (device.is_cpu()) return kernels::cpu_layer_kernels();
  return device.is_cuda() ? kernels::cuda_layer_kernels() : nullptr;
}

// Whether kernels of ours serve these tensors: all in float32, on one device that has some. Else the reference does.
inline bool have_layer_kernels(std::initializer_list<at::Tensor> tensors) {
  const at::Device device = tensors.begin()->device();
  for (const at::Tensor& tensor : tensors)
    if (tensor.defined() && (tensor.device() != device || tensor.scalar_type() != at::kFloat)) return false;
  return layer_kernels_of(device) != nullptr;
}

// The kernels of a tensor's device, which is the current one while this lives.
class LayerKernelsOf {
 public:
  explicit LayerKernelsOf(const at::Tensor& tensor) : kernels_(*layer_kernels_of(tensor.device())) {
    if (!tensor.is_cpu()) current_.reset_device(tensor.device());
  }
  const kernels::LayerKernels* operator->() const { return &kernels_; }
  const kernels::LayerKernels& operator*() const { return kernels_; }

 private:
  const kernels::LayerKernels& kernels_;
  c10::OptionalDeviceGuard current_;
};

// pass_of(replica) for each of them.
template <class PassOf>
auto passes_of(int64_t replicas, const PassOf& pass_of) {
  std::vector<decltype(pass_of(int64_t{}))> passes;
  passes.reserve(static_cast<size_t>(replicas));
  for (int64_t replica = 0; replica < replicas; ++replica) passes.push_back(pass_of(replica));
  return passes;
}

// Where a parameter's gradient is added up: its own, or zeros that autograd is given.
class ParameterGradient {
 public:
  explicit ParameterGradient(const at::Tensor& parameter) {
    if (!parameter.defined()) return;
    is_owned_ = !parameter.is_leaf() || !parameter.grad().defined();
    tensor_ = is_owned_ ? at::zeros_like(parameter) : parameter.grad();
  }
  const at::Tensor& tensor() const { return tensor_; }
  at::Tensor for_autograd() const { return is_owned_ ? tensor_ : at::Tensor(); }
  float* of_replica(int64_t replica) const { return tensor_.defined() ? tensor_.data_ptr<float>() + replica * tensor_.stride(0) : nullptr; }

 private:
  at::Tensor tensor_;
  bool is_owned_ = false;
};

// One replica's part of a tensor whose other axes are contiguous; null for an undefined one.
inline const float* replica_of(const at::Tensor& tensor, int64_t replica) {
  return tensor.defined() ? tensor.const_data_ptr<float>() + replica * tensor.stride(0) : nullptr;
}
inline float* mutable_replica_of(const at::Tensor& tensor, int64_t replica) { return tensor.data_ptr<float>() + replica * tensor.stride(0); }

// For arguments that autograd may not have.
inline std::optional<at::Tensor> present(const at::Tensor& tensor) { return tensor.defined() ? std::optional(tensor) : std::nullopt; }

}  // namespace manabi::tensor
