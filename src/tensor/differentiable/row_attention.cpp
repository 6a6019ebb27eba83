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

// One row of a batch, as the kernels take it.
class Rows {
 public:
  explicit Rows(const Call& call) : call_(call) {}

  int64_t replicas() const { return call_.projections.size(0); }
  int64_t rows() const { return call_.projections.size(1); }
  int64_t scratch_bytes() const { return training_kernels().attention_scratch_bytes(call_.projections.size(2), call_.projections.size(5)); }

  kernels::RowAttention at(int64_t replica, int64_t row) const {
    return {.projections = replica_of(call_.projections, replica) + row * call_.projections.stride(1),
            .bias = replica_of(call_.bias, replica),
            .scale = static_cast<float>(call_.scale),
            .weights = call_.weights,
            .cosines = call_.cosines.defined() ? call_.cosines.const_data_ptr<float>() : nullptr,
            .sines = call_.sines.defined() ? call_.sines.const_data_ptr<float>() : nullptr,
            .output = mutable_replica_of(call_.output, replica) + row * call_.output.stride(1),
            .normalisers = mutable_replica_of(call_.normalisers, replica) + row * call_.normalisers.stride(1),
            .length = call_.projections.size(2),
            .heads = call_.projections.size(4),
            .width = call_.projections.size(5)};
  }

 private:
  const Call& call_;
};

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
    const Rows rows(call);
    const Scratch scratch(rows.scratch_bytes());
    for (int64_t replica = 0; replica < rows.replicas(); ++replica)
      for (int64_t row = 0; row < rows.rows(); ++row) training_kernels().attend(rows.at(replica, row), scratch.get());
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
    const Rows rows(call);
    const ParameterGradient bias(saved[1]);
    const at::Tensor output_gradient = gradients[0].contiguous(), projection_gradient = at::empty_like(saved[0]);
    const Scratch scratch(rows.scratch_bytes());
    for (int64_t replica = 0; replica < rows.replicas(); ++replica) {
      for (int64_t row = 0; row < rows.rows(); ++row) {
        training_kernels().attend_gradient(
            {.forward = rows.at(replica, row),
             .output_gradient = replica_of(output_gradient, replica) + row * output_gradient.stride(1),
             .projection_gradient = mutable_replica_of(projection_gradient, replica) + row * projection_gradient.stride(1),
             .bias_gradient = bias.of_replica(replica)},
            scratch.get());
      }
    }
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
  if (!training_kernels({projections, bias, form.rotation.cosines, form.rotation.sines}))
    return row_attention_reference(projections, bias, scale, form);
  return Attention::apply(projections, present(bias), present(form.rotation.cosines), present(form.rotation.sines), scale,
                          static_cast<int64_t>(form.weights));
}

}  // namespace manabi::tensor
