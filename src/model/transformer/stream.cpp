#include "model/transformer/stream.h"

#include <ATen/ATen.h>

#include <utility>

namespace manabi::model {

at::Tensor Stream::read(const Norm& norm) {
  if (norms_ != Norms::before) return sum();
  if (!update_.defined()) return norm(residual_);
  return norm.of_sum(residual_, std::exchange(update_, at::Tensor()));
}

void Stream::add(at::Tensor update, const Norm& norm) {
  sum();
  if (norms_ == Norms::after)
    residual_ = norm.of_sum(residual_, update);
  else
    update_ = std::move(update);
}

at::Tensor& Stream::sum() {
  if (update_.defined()) residual_.add_(std::exchange(update_, at::Tensor()));
  return residual_;
}

void Stream::select(const at::Tensor& places) {
  residual_ = residual_.index_select(0, places);
  if (update_.defined()) update_ = update_.index_select(0, places);
}

}  // namespace manabi::model
