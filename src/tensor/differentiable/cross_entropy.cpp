#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// Known on a CPU alone: to ask a GPU would stop the step.
bool are_known_ones(const at::Tensor& values) {
  if (!values.is_cpu()) return false;
  const float* value = values.const_data_ptr<float>();
  return std::all_of(value, value + values.numel(), [](float one) { return one == 1; });
}

struct CrossEntropy : Function<CrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor loss = at::empty({logits.size(0)}, logits.options()), of_rows = at::empty(targets.sizes(), logits.options());
    const at::Tensor narrow_weights = at::tensor(weights, at::kFloat).to(logits.device(), /*non_blocking=*/true);
    LayerKernelsOf(logits)->cross_entropy({.logits = logits.data_ptr<float>(),
                                           .targets = targets.const_data_ptr<int64_t>(),
                                           .weights = narrow_weights.const_data_ptr<float>(),
                                           .row_losses = of_rows.data_ptr<float>(),
                                           .losses = loss.data_ptr<float>(),
                                           .writes_gradient = true,
                                           .replicas = logits.size(0),
                                           .rows = logits.size(1),
                                           .width = logits.size(2)});
    context->saved_data["gradient"] = logits.detach();
    return loss;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor gradient = context->saved_data["gradient"].toTensor(), outer = gradients[0].contiguous();
    return {are_known_ones(outer) ? gradient : gradient * outer.view({-1, 1, 1}), {}, {}};
  }
};

// Of targets on a GPU the kernel makes a loss that is not a number.
void check_targets(const at::Tensor& targets, int64_t vocabulary) {
  if (!targets.is_cpu()) return;
  const int64_t* target = targets.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < targets.numel(); ++i)
    TORCH_CHECK(target[i] < vocabulary, "cross_entropy: target ", target[i], " lies outside the ", vocabulary, " outputs");
}

}  // namespace

at::Tensor cross_entropy_(const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights) {
  TORCH_CHECK(logits.dim() == 3 && targets.dim() == 2 && targets.scalar_type() == at::kLong && targets.size(0) == logits.size(0) &&
                  targets.size(1) == logits.size(1) && static_cast<int64_t>(weights.size()) == logits.size(0),
              "cross_entropy: logits ", logits.sizes(), ", targets ", targets.sizes(), " ", targets.toString(), ", ", weights.size(),
              " weights, expected [R, N, V], [R, N] int64 and R");
  TORCH_CHECK(targets.device() == logits.device(), "cross_entropy: targets on ", targets.device(), ", logits on ", logits.device());
  if (!have_layer_kernels({logits}) || !logits.is_contiguous()) return cross_entropy_reference(logits, targets, weights);
  const at::Tensor plain = targets.contiguous();
  check_targets(plain, logits.size(2));
  return CrossEntropy::apply(logits, plain, weights);
}

}  // namespace manabi::tensor
