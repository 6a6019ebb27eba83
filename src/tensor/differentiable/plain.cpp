#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

struct Plain : Function<Plain> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& parameter) {
    context->save_for_backward({parameter});
    return parameter.view_as(parameter);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor parameter = context->get_saved_variables()[0];
    if (!parameter.is_leaf() || !parameter.grad().defined()) return gradients;
    parameter.grad().add_(gradients[0]);
    return {at::Tensor()};
  }
};

}  // namespace

at::Tensor plain(const at::Tensor& parameter) { return Plain::apply(parameter); }

}  // namespace manabi::tensor
