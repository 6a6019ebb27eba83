#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

struct Activate : Function<Activate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const std::optional<at::Tensor>& bias, int64_t activation) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = input.contiguous(), shift = bias.value_or(at::Tensor()), output = at::empty_like(plain);
    const auto passes = passes_of(plain.size(0), [&](int64_t replica) {
      return kernels::ActivationRows{.activation = static_cast<Activation>(activation),
                                     .input = replica_of(plain, replica),
                                     .bias = replica_of(shift, replica),
                                     .output = mutable_replica_of(output, replica),
                                     .rows = plain.size(1),
                                     .width = plain.size(2)};
    });
    LayerKernelsOf(plain)->activate(passes);
    context->save_for_backward({plain, shift});
    context->saved_data["activation"] = activation;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& input = saved[0];
    const ParameterGradient bias(saved[1]);
    const at::Tensor output_gradient = gradients[0].contiguous(), input_gradient = at::empty_like(input);
    const auto passes = passes_of(input.size(0), [&](int64_t replica) {
      return kernels::ActivationGradientRows{.activation = static_cast<Activation>(context->saved_data["activation"].toInt()),
                                             .input = replica_of(input, replica),
                                             .bias = replica_of(saved[1], replica),
                                             .output_gradient = replica_of(output_gradient, replica),
                                             .input_gradient = mutable_replica_of(input_gradient, replica),
                                             .bias_gradient = bias.of_replica(replica),
                                             .rows = input.size(1),
                                             .width = input.size(2)};
    });
    LayerKernelsOf(input)->activate_gradient(passes);
    return {input_gradient, bias.for_autograd(), {}};
  }
};

}  // namespace

at::Tensor activate(const at::Tensor& input, const at::Tensor& bias, Activation activation) {
  TORCH_CHECK(input.dim() == 3 && (!bias.defined() || (bias.size(0) == input.size(0) && bias.size(1) == input.size(2))), "activate: input ",
              input.sizes(), ", expected [R, N, F], with a bias [R, F]");
  if (!have_layer_kernels({input, bias})) return activate_reference(input, bias, activation);
  return Activate::apply(input, bias.defined() ? std::optional(bias) : std::nullopt, static_cast<int64_t>(activation));
}

}  // namespace manabi::tensor
