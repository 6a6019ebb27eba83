#include "tensor/differentiable/packed.h"

#include <ATen/Parallel.h>

#include <span>

#include "tensor/differentiable/fused.h"
#include "tensor/fused.h"

namespace manabi::tensor {
namespace {

// Rows that one thread should have at least. A call within a thread's own share of a batch stays on it.
constexpr int64_t kRowsPerThread = 32;

// Runs pass_of(first row, rows) over all rows of a tensor: on a CPU some on every thread, on a GPU all at once.
template <auto kernel, class PassOf>
void run_rows(const at::Tensor& tensor, const PassOf& pass_of) {
  using Pass = decltype(pass_of(int64_t{}, int64_t{}));
  const LayerKernelsOf device(tensor);
  const auto run = [&](int64_t begin, int64_t end) {
    const Pass pass = pass_of(begin, end - begin);
    ((*device).*kernel)(std::span(&pass, 1));
  };
  if (!tensor.is_cpu()) return run(0, tensor.size(0));
  at::parallel_for(0, tensor.size(0), kRowsPerThread, run);
}

const float* row_of(const at::Tensor& tensor, int64_t row) {
  return tensor.defined() ? tensor.const_data_ptr<float>() + row * tensor.stride(0) : nullptr;
}
float* mutable_row_of(const at::Tensor& tensor, int64_t row) { return tensor.data_ptr<float>() + row * tensor.stride(0); }

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
    run_rows<&kernels::LayerKernels::rms_norm>(plain, [&](int64_t row, int64_t rows) {
      return kernels::RmsNormRows{.input = row_of(plain, row),
                                  .update = row_of(change, row),
                                  .gain = gain.const_data_ptr<float>(),
                                  .epsilon = static_cast<float>(epsilon),
                                  .sum = update ? mutable_row_of(sum, row) : nullptr,
                                  .output = mutable_row_of(output, row),
                                  .inverses = mutable_row_of(inverses, row),
                                  .rows = rows,
                                  .width = plain.size(1)};
    });
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
    const auto pass_of = [&](int64_t row, int64_t rows) {
      return kernels::RmsNormGradientRows{.sum = row_of(sum, row),
                                          .inverses = row_of(inverses, row),
                                          .gain = gain.const_data_ptr<float>(),
                                          .output_gradient = row_of(output_gradient, row),
                                          .sum_gradient = row_of(sum_gradient, row),
                                          .input_gradient = mutable_row_of(input_gradient, row),
                                          .gain_gradient = is_tuned ? gain_gradient.tensor().data_ptr<float>() : nullptr,
                                          .rows = rows,
                                          .width = sum.size(1)};
    };
    if (is_tuned) {  // all rows add to one gradient of the gain
      const kernels::RmsNormGradientRows pass = pass_of(0, sum.size(0));
      LayerKernelsOf(sum)->rms_norm_gradient(std::span(&pass, 1));
    } else {
      run_rows<&kernels::LayerKernels::rms_norm_gradient>(sum, pass_of);
    }
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
    run_rows<&kernels::LayerKernels::gate_gradient>(gate_up, [&](int64_t row, int64_t rows) {
      return kernels::GateGradientRows{.gate_up = row_of(gate_up, row),
                                       .output_gradient = row_of(output_gradient, row),
                                       .gate_up_gradient = mutable_row_of(gradient, row),
                                       .rows = rows,
                                       .width = gate_up.size(1) / 2};
    });
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
  if (!have_layer_kernels({input, update, gain})) return add_rms_norm_reference(input, update, gain, epsilon);
  const variable_list results = RmsNorm::apply(input, present(update), gain, epsilon);
  return {.sum = update.defined() ? results[0] : input, .output = results.back()};
}

at::Tensor silu_gate(const at::Tensor& gate_up) {
  TORCH_CHECK(gate_up.dim() == 2 && gate_up.size(1) % 2 == 0, "silu_gate: ", gate_up.sizes(), ", expected [N, 2 F]");
  return have_layer_kernels({gate_up}) ? SiluGate::apply(gate_up) : silu_gate_reference(gate_up);
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
