#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// A call's tensors; angles are undefined when nothing is turned.
struct Call {
  at::Tensor projections, bias, output, normalisers, cosines, sines;
  double scale = 1;
  AttentionWeights weights = AttentionWeights::softmax;
};

// The first row of a replica's batch, as the kernels take it.
kernels::RowAttention first_row_of(const Call& call, int64_t replica) {
  return {.projections = replica_of(call.projections, replica),
          .bias = replica_of(call.bias, replica),
          .scale = static_cast<float>(call.scale),
          .weights = call.weights,
          .cosines = call.cosines.defined() ? call.cosines.const_data_ptr<float>() : nullptr,
          .sines = call.sines.defined() ? call.sines.const_data_ptr<float>() : nullptr,
          .output = mutable_replica_of(call.output, replica),
          .normalisers = mutable_replica_of(call.normalisers, replica),
          .length = call.projections.size(2),
          .heads = call.projections.size(4),
          .width = call.projections.size(5)};
}

struct Attention : Function<Attention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& projections, const std::optional<at::Tensor>& bias,
                            const std::optional<at::Tensor>& cosines, const std::optional<at::Tensor>& sines, double scale, int64_t weights) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = projections.contiguous();
    const Call call = {.projections = plain,
                       .bias = bias.value_or(at::Tensor()),
                       .output = at::empty({plain.size(0), plain.size(1), plain.size(2), plain.size(4) * plain.size(5)}, plain.options()),
                       .normalisers = at::empty({plain.size(0), plain.size(1), plain.size(4), plain.size(2)}, plain.options()),
                       .cosines = cosines.value_or(at::Tensor()),
                       .sines = sines.value_or(at::Tensor()),
                       .scale = scale,
                       .weights = static_cast<AttentionWeights>(weights)};
    const auto first_rows = passes_of(plain.size(0), [&](int64_t replica) { return first_row_of(call, replica); });
    LayerKernelsOf(plain)->attend(first_rows, plain.size(1));
    context->save_for_backward({call.projections, call.bias, call.output, call.normalisers, call.cosines, call.sines});
    context->saved_data["scale"] = scale;
    context->saved_data["weights"] = weights;
    return call.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const Call call = {.projections = saved[0],
                       .bias = saved[1],
                       .output = saved[2],
                       .normalisers = saved[3],
                       .cosines = saved[4],
                       .sines = saved[5],
                       .scale = context->saved_data["scale"].toDouble(),
                       .weights = static_cast<AttentionWeights>(context->saved_data["weights"].toInt())};
    const ParameterGradient bias(saved[1]);
    const at::Tensor output_gradient = gradients[0].contiguous(), projection_gradient = at::empty_like(saved[0]);
    const auto first_rows = passes_of(saved[0].size(0), [&](int64_t replica) {
      return kernels::RowAttentionGradient{.forward = first_row_of(call, replica),
                                           .output_gradient = replica_of(output_gradient, replica),
                                           .projection_gradient = mutable_replica_of(projection_gradient, replica),
                                           .bias_gradient = bias.of_replica(replica)};
    });
    LayerKernelsOf(projection_gradient)->attend_gradient(first_rows, projection_gradient.size(1));
    return {projection_gradient, bias.for_autograd(), {}, {}, {}, {}};
  }
};

void check(const Rotation& rotation, const at::Tensor& projections) {
  if (!rotation.cosines.defined()) return;
  const int64_t width = projections.size(5);
  TORCH_CHECK(width % 2 == 0 && rotation.cosines.sizes() == at::IntArrayRef({projections.size(2), width / 2}) &&
                  rotation.sines.sizes() == rotation.cosines.sizes() && rotation.cosines.is_contiguous() && rotation.sines.is_contiguous(),
              "row_attention: projections are ", projections.sizes(), " and the rotation ", rotation.cosines.sizes(),
              ", expected an even width of a head and contiguous angles [T, E / 2]");
}

}  // namespace

at::Tensor row_attention(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form) {
  TORCH_CHECK(projections.dim() == 6 && projections.size(3) == 3, "row_attention: projections are ", projections.sizes(),
              ", expected [R, B, T, 3, H, E]");
  TORCH_CHECK(!bias.defined() ||
                  (bias.dim() == 2 && bias.size(0) == projections.size(0) && bias.size(1) == 3 * projections.size(4) * projections.size(5)),
              "row_attention: projections are ", projections.sizes(), ", expected a bias [R, 3 H E]");
  check(form.rotation, projections);
  const bool is_served = have_layer_kernels({projections, bias, form.rotation.cosines, form.rotation.sines}) &&
                         projections.size(5) <= LayerKernelsOf(projections)->largest_head;
  if (!is_served) return row_attention_reference(projections, bias, scale, form);
  return Attention::apply(projections, present(bias), present(form.rotation.cosines), present(form.rotation.sines), scale,
                          static_cast<int64_t>(form.weights));
}

}  // namespace manabi::tensor
