#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// One replica is a plain product, which libtorch hands to its library without the batch's bookkeeping.
at::Tensor product(const at::Tensor& left, const at::Tensor& right) {
  return left.size(0) == 1 ? at::mm(left[0], right[0]).unsqueeze(0) : at::bmm(left, right);
}

void add_product_(at::Tensor sum, const at::Tensor& left, const at::Tensor& right) {
  if (left.size(0) == 1)
    sum.select(0, 0).addmm_(left[0], right[0]);
  else
    sum.baddbmm_(left, right);
}

struct Dense : Function<Dense> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({input, weight});
    return product(input, weight.transpose(1, 2));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &output_gradient = gradients[0];
    const ParameterGradient weight_gradient(weight);
    add_product_(weight_gradient.tensor(), output_gradient.transpose(1, 2), input);
    at::Tensor input_gradient;
    if (context->needs_input_grad(0)) input_gradient = product(output_gradient, weight);
    return {input_gradient, weight_gradient.for_autograd()};
  }
};

}  // namespace

at::Tensor dense(const at::Tensor& input, const at::Tensor& weight) {
  TORCH_CHECK(input.dim() == 3 && weight.dim() == 3 && input.size(0) == weight.size(0) && input.size(2) == weight.size(2), "dense: input ",
              input.sizes(), " and weight ", weight.sizes(), ", expected [R, N, I] and [R, O, I]");
  return Dense::apply(input, weight);
}

}  // namespace manabi::tensor
