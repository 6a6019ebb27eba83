// A dense layer without bias, its weight laid out once for the fastest product that this machine has (oneDNN on a CPU, in f32 and bf16).
#pragma once

#include <ATen/core/Tensor.h>

namespace manabi::tensor {

class Linear {
 public:
  Linear() = default;
  // weight [O, I], already on its device and in its dtype. Takes the memory over where a packed layout replaces it.
  explicit Linear(at::Tensor weight);

  // input [N, I] -> [N, O], in the input's dtype; accumulates in float32.
  at::Tensor operator()(const at::Tensor& input) const;

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }
  // The weight as [O, I] in its dtype (unpacked when it was packed: a copy).
  at::Tensor weight() const;

 private:
  at::Tensor weight_;  // plain [O, I], or oneDNN's packed layout
  bool is_packed_ = false;
  int64_t inputs_ = 0;
  int64_t outputs_ = 0;
};

}  // namespace manabi::tensor
