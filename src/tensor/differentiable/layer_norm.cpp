#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

struct Norm : Function<Norm> {
  // Gives {sum, output}; without an update the sum is the input itself.
  static variable_list forward(AutogradContext* context, const at::Tensor& input, const std::optional<at::Tensor>& update,
                               const std::optional<at::Tensor>& update_bias, const at::Tensor& gain, const at::Tensor& shift, double epsilon) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = input.contiguous();
    const at::Tensor change = update ? update->contiguous() : at::Tensor(), bias = update_bias.value_or(at::Tensor());
    const at::Tensor sum = update ? at::empty_like(plain) : plain;
    const at::Tensor output = at::empty_like(plain), statistics = at::empty({plain.size(0), plain.size(1), 2}, plain.options());
    const auto passes = passes_of(plain.size(0), [&](int64_t replica) {
      return kernels::LayerNormRows{.input = replica_of(plain, replica),
                                    .update = replica_of(change, replica),
                                    .update_bias = replica_of(bias, replica),
                                    .gain = replica_of(gain, replica),
                                    .shift = replica_of(shift, replica),
                                    .epsilon = static_cast<float>(epsilon),
                                    .sum = update ? mutable_replica_of(sum, replica) : nullptr,
                                    .output = mutable_replica_of(output, replica),
                                    .statistics = mutable_replica_of(statistics, replica),
                                    .rows = plain.size(1),
                                    .width = plain.size(2)};
    });
    LayerKernelsOf(plain)->layer_norm(passes);
    context->save_for_backward({sum, statistics, gain, shift, bias});
    context->set_materialize_grads(false);
    if (update) return {sum, output};
    return {output};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &sum = saved[0], &statistics = saved[1];
    const ParameterGradient gain(saved[2]), shift(saved[3]), bias(saved[4]);
    const bool has_update = gradients.size() == 2;
    const at::Tensor sum_gradient = has_update && gradients[0].defined() ? gradients[0].contiguous() : at::Tensor();
    const at::Tensor& given = gradients.back();
    const at::Tensor output_gradient = given.defined() ? given.contiguous() : at::zeros_like(sum);
    const at::Tensor input_gradient = at::empty_like(sum);
    const auto passes = passes_of(sum.size(0), [&](int64_t replica) {
      return kernels::LayerNormGradientRows{.sum = replica_of(sum, replica),
                                            .statistics = replica_of(statistics, replica),
                                            .gain = replica_of(saved[2], replica),
                                            .output_gradient = replica_of(output_gradient, replica),
                                            .sum_gradient = replica_of(sum_gradient, replica),
                                            .input_gradient = mutable_replica_of(input_gradient, replica),
                                            .gain_gradient = gain.of_replica(replica),
                                            .shift_gradient = shift.of_replica(replica),
                                            .bias_gradient = bias.of_replica(replica),
                                            .rows = sum.size(1),
                                            .width = sum.size(2)};
    });
    LayerKernelsOf(sum)->layer_norm_gradient(passes);
    return {input_gradient, has_update ? input_gradient : at::Tensor(), bias.for_autograd(), gain.for_autograd(), shift.for_autograd(), {}};
  }
};

void check(const at::Tensor& input, const LayerNormParameters& parameters) {
  TORCH_CHECK(input.dim() == 3 && parameters.gain.dim() == 2 && parameters.gain.size(0) == input.size(0) &&
                  parameters.gain.size(1) == input.size(2) && parameters.shift.sizes() == parameters.gain.sizes(),
              "layer_norm: input ", input.sizes(), ", gain ", parameters.gain.sizes(), ", shift ", parameters.shift.sizes(),
              ", expected [R, N, D] and twice [R, D]");
}

}  // namespace

at::Tensor layer_norm(const at::Tensor& input, const LayerNormParameters& parameters) {
  check(input, parameters);
  if (!have_layer_kernels({input, parameters.gain, parameters.shift})) return layer_norm_reference(input, parameters);
  return Norm::apply(input, std::nullopt, std::nullopt, parameters.gain, parameters.shift, parameters.epsilon)[0];
}

NormedSum add_layer_norm(const at::Tensor& input, const at::Tensor& update, const at::Tensor& update_bias,
                         const LayerNormParameters& parameters) {
  check(input, parameters);
  TORCH_CHECK(update.sizes() == input.sizes(), "add_layer_norm: the update is ", update.sizes(), ", the input ", input.sizes());
  if (!have_layer_kernels({input, update, update_bias, parameters.gain, parameters.shift}))
    return add_layer_norm_reference(input, update, update_bias, parameters);
  const variable_list both = Norm::apply(input, present(update), present(update_bias), parameters.gain, parameters.shift, parameters.epsilon);
  return {.sum = both[0], .output = both[1]};
}

}  // namespace manabi::tensor
