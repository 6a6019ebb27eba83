#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// One row of a batch, as the kernels take it.
class Rows {
 public:
  Rows(const at::Tensor& projections, const at::Tensor& bias, const at::Tensor& output, const at::Tensor& normalisers, double scale)
      : projections_(projections), bias_(bias), output_(output), normalisers_(normalisers), scale_(static_cast<float>(scale)) {}

  int64_t replicas() const { return projections_.size(0); }
  int64_t rows() const { return projections_.size(1); }
  int64_t scratch_bytes() const { return training_kernels().attention_scratch_bytes(projections_.size(2), projections_.size(5)); }

  kernels::RowAttention at(int64_t replica, int64_t row) const {
    return {.projections = replica_of(projections_, replica) + row * projections_.stride(1),
            .bias = replica_of(bias_, replica),
            .scale = scale_,
            .output = mutable_replica_of(output_, replica) + row * output_.stride(1),
            .normalisers = mutable_replica_of(normalisers_, replica) + row * normalisers_.stride(1),
            .length = projections_.size(2),
            .heads = projections_.size(4),
            .width = projections_.size(5)};
  }

 private:
  const at::Tensor &projections_, &bias_, &output_, &normalisers_;
  float scale_;
};

struct Attention : Function<Attention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& projections, const std::optional<at::Tensor>& bias, double scale) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor plain = projections.contiguous(), shift = bias.value_or(at::Tensor());
    const at::Tensor output = at::empty({plain.size(0), plain.size(1), plain.size(2), plain.size(4) * plain.size(5)}, plain.options());
    const at::Tensor normalisers = at::empty({plain.size(0), plain.size(1), plain.size(4), plain.size(2)}, plain.options());
    const Rows rows(plain, shift, output, normalisers, scale);
    const Scratch scratch(rows.scratch_bytes());
    for (int64_t replica = 0; replica < rows.replicas(); ++replica)
      for (int64_t row = 0; row < rows.rows(); ++row) training_kernels().attend(rows.at(replica, row), scratch.get());
    context->save_for_backward({plain, shift, output, normalisers});
    context->saved_data["scale"] = scale;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const Rows rows(saved[0], saved[1], saved[2], saved[3], context->saved_data["scale"].toDouble());
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
    return {projection_gradient, bias.for_autograd(), {}};
  }
};

}  // namespace

at::Tensor row_attention(const at::Tensor& projections, const at::Tensor& bias, double scale) {
  TORCH_CHECK(projections.dim() == 6 && projections.size(3) == 3, "row_attention: projections are ", projections.sizes(),
              ", expected [R, B, T, 3, H, E]");
  TORCH_CHECK(!bias.defined() ||
                  (bias.dim() == 2 && bias.size(0) == projections.size(0) && bias.size(1) == 3 * projections.size(4) * projections.size(5)),
              "row_attention: projections are ", projections.sizes(), ", expected a bias [R, 3 H E]");
  if (!training_kernels({projections, bias})) return row_attention_reference(projections, bias, scale);
  return Attention::apply(projections, bias.defined() ? std::optional(bias) : std::nullopt, scale);
}

}  // namespace manabi::tensor
