#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

bool are_all_one(const at::Tensor& values) {
  const float* value = values.const_data_ptr<float>();
  return std::all_of(value, value + values.numel(), [](float one) { return one == 1; });
}

struct CrossEntropy : Function<CrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor loss = at::empty({logits.size(0)}, logits.options());
    for (int64_t replica = 0; replica < logits.size(0); ++replica) {
      const double weight = weights[static_cast<size_t>(replica)];
      const double sum = training_kernels().cross_entropy({.logits = mutable_replica_of(logits, replica),
                                                           .targets = targets.const_data_ptr<int64_t>() + replica * targets.size(1),
                                                           .weight = static_cast<float>(weight),
                                                           .writes_gradient = true,
                                                           .rows = logits.size(1),
                                                           .width = logits.size(2)});
      loss.data_ptr<float>()[replica] = static_cast<float>(weight * sum);
    }
    context->saved_data["gradient"] = logits.detach();
    return loss;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor gradient = context->saved_data["gradient"].toTensor(), outer = gradients[0].contiguous();
    return {are_all_one(outer) ? gradient : gradient * outer.view({-1, 1, 1}), {}, {}};
  }
};

void check_targets(const at::Tensor& targets, int64_t vocabulary) {
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
  if (!training_kernels({logits}) || !logits.is_contiguous()) return cross_entropy_reference(logits, targets, weights);
  const at::Tensor plain = targets.contiguous();
  check_targets(plain, logits.size(2));
  return CrossEntropy::apply(logits, plain, weights);
}

}  // namespace manabi::tensor
