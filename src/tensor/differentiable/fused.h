// What the fused layers share.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "tensor/kernels/format.h"

namespace manabi::tensor {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The kernels that serve these tensors, or null: the reference does.
inline const kernels::TrainingKernels* training_kernels(std::initializer_list<at::Tensor> tensors) {
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined() && (!tensor.is_cpu() || tensor.scalar_type() != at::kFloat)) return nullptr;
  }
  const kernels::Kernels* kernels = kernels::find_kernels(kernels::Format::float32);
  return kernels ? &kernels->training : nullptr;
}

inline const kernels::TrainingKernels& training_kernels() { return kernels::find_kernels(kernels::Format::float32)->training; }

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

// Memory aligned to 64 bytes.
class Scratch {
 public:
  explicit Scratch(int64_t bytes) : memory_(std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64))) {
    if (!memory_) throw std::bad_alloc();
  }
  void* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
};

}  // namespace manabi::tensor
