#include "tensor/differentiable/packed.h"

#include "tensor/differentiable/fused.h"
#include "tensor/fused.h"

namespace manabi::tensor {
namespace {

struct FrozenDense : Function<FrozenDense> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->saved_data["weight"] = weight;
    return at::mm(input.to(weight.scalar_type()), weight.t()).to(input.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor weight = context->saved_data["weight"].toTensor();
    return {at::mm(gradients[0].to(weight.scalar_type()), weight).to(gradients[0].scalar_type()), {}};
  }
};

struct FrozenLogits : Function<FrozenLogits> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& unembedding) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->saved_data["unembedding"] = unembedding;
    return all_logits(hidden.to(unembedding.scalar_type()), unembedding);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor unembedding = context->saved_data["unembedding"].toTensor();
    return {at::mm(gradients[0].to(unembedding.scalar_type()), unembedding).to(gradients[0].scalar_type()), {}};
  }
};

struct RmsNorm : Function<RmsNorm> {
  // Gives {sum, output}; without an update the sum is the input itself.
  static variable_list forward(AutogradContext* context, const at::Tensor& input, const std::optional<at::Tensor>& update,
                               const at::Tensor& gain, double epsilon) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = input.contiguous(), change = update ? update->contiguous() : at::Tensor();
    const at::Tensor sum = update ? at::empty_like(plain) : plain;
    const at::Tensor output = at::empty_like(plain), inverses = at::empty({plain.size(0)}, plain.options());
    training_kernels().rms_norm({.input = plain.const_data_ptr<float>(),
                                 .update = update ? change.const_data_ptr<float>() : nullptr,
                                 .gain = gain.const_data_ptr<float>(),
                                 .epsilon = static_cast<float>(epsilon),
                                 .sum = update ? sum.data_ptr<float>() : nullptr,
                                 .output = output.data_ptr<float>(),
                                 .inverses = inverses.data_ptr<float>(),
                                 .rows = plain.size(0),
                                 .width = plain.size(1)});
    context->save_for_backward({sum, inverses, gain});
    context->set_materialize_grads(false);
    if (update) return {sum, output};
    return {output};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &sum = saved[0], &inverses = saved[1], &gain = saved[2];
    const bool has_update = gradients.size() == 2, is_tuned = context->needs_input_grad(has_update ? 2 : 1);
    const ParameterGradient gain_gradient(is_tuned ? gain : at::Tensor());
    const at::Tensor sum_gradient = has_update && gradients[0].defined() ? gradients[0].contiguous() : at::Tensor();
    const at::Tensor output_gradient = gradients.back().defined() ? gradients.back().contiguous() : at::zeros_like(sum);
    const at::Tensor input_gradient = at::empty_like(sum);
    training_kernels().rms_norm_gradient({.sum = sum.const_data_ptr<float>(),
                                          .inverses = inverses.const_data_ptr<float>(),
                                          .gain = gain.const_data_ptr<float>(),
                                          .output_gradient = output_gradient.const_data_ptr<float>(),
                                          .sum_gradient = sum_gradient.defined() ? sum_gradient.const_data_ptr<float>() : nullptr,
                                          .input_gradient = input_gradient.data_ptr<float>(),
                                          .gain_gradient = is_tuned ? gain_gradient.tensor().data_ptr<float>() : nullptr,
                                          .rows = sum.size(0),
                                          .width = sum.size(1)});
    return {input_gradient, has_update ? input_gradient : at::Tensor(), is_tuned ? gain_gradient.for_autograd() : at::Tensor(), {}};
  }
};

struct SiluGate : Function<SiluGate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = gate_up.contiguous();
    context->save_for_backward({plain});
    return silu_times(plain);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor gate_up = context->get_saved_variables()[0], output_gradient = gradients[0].contiguous();
    const at::Tensor gradient = at::empty_like(gate_up);
    training_kernels().gate_gradient({.gate_up = gate_up.const_data_ptr<float>(),
                                      .output_gradient = output_gradient.const_data_ptr<float>(),
                                      .gate_up_gradient = gradient.data_ptr<float>(),
                                      .rows = gate_up.size(0),
                                      .width = gate_up.size(1) / 2});
    return {gradient};
  }
};

struct AddToColumns : Function<AddToColumns> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& output, const at::Tensor& addend, int64_t first) {
    const at::AutoDispatchBelowADInplaceOrView below;
    output.narrow(1, first, addend.size(1)).add_(addend);
    context->mark_dirty({output});
    context->saved_data["first"] = first;
    context->saved_data["count"] = addend.size(1);
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const int64_t first = context->saved_data["first"].toInt(), count = context->saved_data["count"].toInt();
    return {gradients[0], gradients[0].narrow(1, first, count), {}};
  }
};

}  // namespace

at::Tensor frozen_dense(const at::Tensor& input, const at::Tensor& weight) {
  TORCH_CHECK(input.dim() == 2 && weight.dim() == 2 && input.size(1) == weight.size(1), "frozen_dense: input ", input.sizes(), " and weight ",
              weight.sizes(), ", expected [N, I] and [O, I]");
  return FrozenDense::apply(input, weight);
}

at::Tensor frozen_logits(const at::Tensor& hidden, const at::Tensor& unembedding) { return FrozenLogits::apply(hidden, unembedding); }

NormedSum add_rms_norm(const at::Tensor& input, const at::Tensor& update, const at::Tensor& gain, double epsilon) {
  TORCH_CHECK(input.dim() == 2 && gain.numel() == input.size(1) && (!update.defined() || update.sizes() == input.sizes()),
              "add_rms_norm: input ", input.sizes(), ", gain ", gain.sizes(), ", expected [N, D] and [D]");
  if (!training_kernels({input, update, gain})) return add_rms_norm_reference(input, update, gain, epsilon);
  const variable_list results = RmsNorm::apply(input, present(update), gain, epsilon);
  return {.sum = update.defined() ? results[0] : input, .output = results.back()};
}

at::Tensor silu_gate(const at::Tensor& gate_up) {
  TORCH_CHECK(gate_up.dim() == 2 && gate_up.size(1) % 2 == 0, "silu_gate: ", gate_up.sizes(), ", expected [N, 2 F]");
  return training_kernels({gate_up}) ? SiluGate::apply(gate_up) : silu_gate_reference(gate_up);
}

at::Tensor add_to_columns_(const at::Tensor& output, const at::Tensor& addend, int64_t first) {
  return AddToColumns::apply(output, addend, first);
}

NormedSum add_rms_norm_reference(const at::Tensor& input, const at::Tensor& update, const at::Tensor& gain, double epsilon) {
  const at::Tensor sum = update.defined() ? input + update : input;
  return {.sum = sum, .output = sum * (sum.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt() * plain(gain)};
}

at::Tensor silu_gate_reference(const at::Tensor& gate_up) {
  const std::vector<at::Tensor> halves = gate_up.chunk(2, -1);
  return at::silu(halves[0]) * halves[1];
}

}  // namespace manabi::tensor
