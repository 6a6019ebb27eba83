#include <ATen/core/dispatch/Dispatcher.h>

#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"
#include "tensor/kernels/scratch.h"

namespace manabi::tensor {
namespace {

// left [R, M, K] x right [R, K, N] -> [R, M, N] on a GPU: both sides rounded, sums in float32. Before libtorch 2.8, which has no such product,
// the rounded numbers are multiplied as they are.
at::Tensor rounded_product(const at::Tensor& left, const at::Tensor& right) {
  static const std::optional<c10::OperatorHandle> product = c10::Dispatcher::singleton().findSchema({"aten::bmm", "dtype"});
  const at::Tensor near_left = left.to(at::kBFloat16), near_right = right.to(at::kBFloat16);
  if (!product) return at::bmm(near_left.to(at::kFloat), near_right.to(at::kFloat));
  torch::jit::Stack stack = {near_left, near_right, at::kFloat};
  product->callBoxed(stack);
  return stack.front().toTensor();
}

// libtorch's own products, for the devices that it serves best: result [R, M, N] = left [R, M, K] x right [R, K, N], or added to what is there.
void multiply_with_library(const at::Tensor& left, const at::Tensor& right, ProductFormat format, at::Tensor result, bool adds) {
  if (format == ProductFormat::unrounded && adds)
    result.baddbmm_(left, right);
  else if (format == ProductFormat::unrounded)
    at::bmm_out(result, left, right);
  else if (adds)
    result.add_(rounded_product(left, right));
  else
    result.copy_(rounded_product(left, right));
}

// Rounded products need instructions of their own.
const kernels::TrainingKernels& kernels_of(ProductFormat format) {
  return kernels::find_kernels(format == ProductFormat::bfloat16 ? kernels::Format::bfloat16 : kernels::Format::float32)->training;
}

// sum [R, M, N] = left [R, M, K] x right [R, K, N], or added to what is there, replica by replica.
void multiply(const at::Tensor& left, const at::Tensor& right, ProductFormat format, const at::Tensor& result, bool adds) {
  if (!left.is_cpu()) return multiply_with_library(left, right, format, result, adds);
  const kernels::TrainingKernels& kernels = kernels_of(format);
  const kernels::Scratch scratch(kernels.product_scratch_bytes());
  for (int64_t replica = 0; replica < left.size(0); ++replica) {
    kernels.multiply({.rows = left.size(1),
                      .columns = right.size(2),
                      .depth = left.size(2),
                      .left = replica_of(left, replica),
                      .left_row_stride = left.stride(1),
                      .left_depth_stride = left.stride(2),
                      .right = replica_of(right, replica),
                      .right_depth_stride = right.stride(1),
                      .right_column_stride = right.stride(2),
                      .result = mutable_replica_of(result, replica),
                      .result_stride = result.stride(1),
                      .adds = adds,
                      .rounds_to_bfloat16 = format == ProductFormat::bfloat16},
                     scratch.get());
  }
}

at::Tensor product(const at::Tensor& left, const at::Tensor& right, ProductFormat format) {
  const at::Tensor result = at::empty({left.size(0), left.size(1), right.size(2)}, left.options());
  multiply(left, right, format, result, /*adds=*/false);
  return result;
}

// Rows that may be a view of other tensors, with contiguous columns.
at::Tensor with_contiguous_columns(const at::Tensor& tensor) { return tensor.stride(2) == 1 ? tensor : tensor.contiguous(); }

struct Dense : Function<Dense> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, ProductFormat format) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = with_contiguous_columns(input);
    context->save_for_backward({plain, weight});
    context->saved_data["format"] = static_cast<int64_t>(format);
    return product(plain, weight.transpose(1, 2), format);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], output_gradient = with_contiguous_columns(gradients[0]);
    const auto format = static_cast<ProductFormat>(context->saved_data["format"].toInt());
    const ParameterGradient weight_gradient(weight);
    multiply(output_gradient.transpose(1, 2), input, format, weight_gradient.tensor(), /*adds=*/true);
    at::Tensor input_gradient;
    if (context->needs_input_grad(0)) input_gradient = product(output_gradient, weight, format);
    return {input_gradient, weight_gradient.for_autograd(), {}};
  }
};

}  // namespace

at::Tensor dense(const at::Tensor& input, const at::Tensor& weight, ProductFormat format) {
  TORCH_CHECK(input.dim() == 3 && weight.dim() == 3 && input.size(0) == weight.size(0) && input.size(2) == weight.size(2), "dense: input ",
              input.sizes(), " and weight ", weight.sizes(), ", expected [R, N, I] and [R, O, I]");
  if (!have_layer_kernels({input, weight}) || weight.stride(2) != 1) return dense_reference(input, weight, format);
  return Dense::apply(input, weight, format);
}

}  // namespace manabi::tensor
