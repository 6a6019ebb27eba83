#include <ATen/ATen.h>

#include "tensor/fused.h"

namespace manabi::tensor {

at::Tensor rms_norm_reference(const at::Tensor& hidden, const at::Tensor& weight, double epsilon) {
  const at::Tensor wide = hidden.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.square().mean(-1, true) + epsilon);
  return (wide * scale * weight.to(at::kFloat)).to(hidden.scalar_type());
}

at::Tensor add_rms_norm_reference_(at::Tensor& residual, const at::Tensor& update, const at::Tensor& weight, double epsilon) {
  residual.add_(update);
  return rms_norm_reference(residual, weight, epsilon);
}

at::Tensor silu_times_reference(const at::Tensor& gate_up) {
  const std::vector<at::Tensor> halves = gate_up.to(at::kFloat).chunk(2, -1);
  return (at::silu(halves[0]) * halves[1]).to(gate_up.scalar_type());
}

void rotate_reference_(at::Tensor& heads, const at::Tensor& positions, const at::Tensor& cosines, const at::Tensor& sines) {
  const std::vector<at::Tensor> halves = heads.to(at::kFloat).chunk(2, -1);
  const at::Tensor cosine = cosines.index_select(0, positions).unsqueeze(1);  // [N, 1, E/2]
  const at::Tensor sine = sines.index_select(0, positions).unsqueeze(1);
  heads.copy_(at::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1));
}

at::Tensor target_log_probabilities_reference(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets) {
  const at::Tensor logits = at::linear(hidden.to(at::kFloat), unembedding.to(at::kFloat));
  return at::log_softmax(logits, -1).index({targets.select(1, 0), targets.select(1, 1)});
}

}  // namespace manabi::tensor
