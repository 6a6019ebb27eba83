// oneDNN's inner product with a weight that was reordered once. libtorch reaches it through two operators of its dispatcher that have no
// C++ declaration: mkldnn::_reorder_linear_weight and mkldnn::_linear_pointwise.
//
// All products of SmolLM2-135M (30 layers, distinct weights) on two Zen 4 cores, half of the CPU time in ms, beside at::linear:
//
//   rows                  1          16          64         520     packing all weights
//   float32            20 (18)    27 (55)    75 (113)   522 (635)   80
//   bfloat16           10 (17)    15 (31)    40 (53)    272 (308)   40
//
// A number of rows that was not met before costs another 0.1 to 0.5 ms a product once: oneDNN builds a kernel for it.
#include "tensor/linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <utility>

namespace manabi::tensor {
namespace {

// Rows that the packed layout is chosen for. Any number of rows may be multiplied with it; layouts chosen for 64 to 2048 rows are equally
// fast, while without a hint (or for one row) oneDNN picks layouts that halve the speed of some products in bf16.
constexpr int64_t kRowsHint = 512;

// Calls an operator of the dispatcher with boxed values: its C++ signature differs between releases of libtorch, its schema does not.
at::Tensor call(const c10::OperatorHandle& operation, torch::jit::Stack arguments) {
  operation.callBoxed(arguments);
  return arguments.front().toTensor();
}

bool has_onednn_kernel(at::ScalarType dtype) {
  if (!at::hasMKLDNN()) return false;
  if (dtype == at::kFloat) return true;
  return dtype == at::kBFloat16 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}

// Without bfloat16 instructions libtorch multiplies one element at a time. From this many rows on, widening the weight first is faster; the
// products are the same up to the order of additions.
constexpr int64_t kRowsWorthWidening = 8;

bool multiplies_slowly(const at::Tensor& weight) {
  return weight.is_cpu() && weight.scalar_type() == at::kBFloat16 && !has_onednn_kernel(at::kBFloat16);
}

bool can_pack(const at::Tensor& weight) {
  return weight.is_cpu() && weight.numel() > 0 && has_onednn_kernel(weight.scalar_type()) && !weight.requires_grad();
}

at::Tensor pack(const at::Tensor& weight) {
  static const c10::OperatorHandle reorder = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
  return call(reorder, {weight.contiguous(), kRowsHint});
}

at::Tensor packed_product(const at::Tensor& input, const at::Tensor& packed_weight) {
  static const c10::OperatorHandle product = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
  const c10::IValue no_bias, no_algorithm;
  const c10::List<std::optional<at::Scalar>> no_scalars;
  return call(product, {input, packed_weight, no_bias, "none", no_scalars, no_algorithm});
}

}  // namespace

Linear::Linear(at::Tensor weight) : weight_(std::move(weight)) {
  TORCH_CHECK(weight_.dim() == 2, "Linear: the weight is ", weight_.sizes(), ", expected [O, I]");
  outputs_ = weight_.size(0);
  inputs_ = weight_.size(1);
  is_packed_ = can_pack(weight_);
  if (is_packed_) weight_ = pack(weight_);
}

at::Tensor Linear::operator()(const at::Tensor& input) const {
  if (is_packed_ && input.size(0) > 0) return packed_product(input.contiguous(), weight_);
  if (is_packed_) return at::empty({0, outputs_}, input.options());
  if (input.size(0) >= kRowsWorthWidening && multiplies_slowly(weight_))
    return at::linear(input.to(at::kFloat), weight_.to(at::kFloat)).to(at::kBFloat16);
  return at::linear(input, weight_);
}

at::Tensor Linear::weight() const { return is_packed_ ? weight_.to_dense() : weight_; }

}  // namespace manabi::tensor
