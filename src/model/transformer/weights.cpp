#include "model/transformer/weights.h"

#include <ATen/ATen.h>

#include "tensor/fused.h"

namespace manabi::model {

at::Tensor Norm::operator()(const at::Tensor& hidden) const {
  if (!gain.defined()) return hidden;
  if (!shift.defined()) return tensor::rms_norm(hidden, gain, epsilon);
  return at::layer_norm(hidden, {hidden.size(-1)}, gain, shift, epsilon);
}

at::Tensor Norm::of_sum(at::Tensor& residual, const at::Tensor& update) const {
  if (gain.defined() && !shift.defined()) return tensor::add_rms_norm_(residual, update, gain, epsilon);
  return (*this)(residual.add_(update));
}

at::Tensor Affine::operator()(const at::Tensor& input) const {
  at::Tensor output = weight(input);
  return bias.defined() ? output.add_(bias) : output;
}

Affine affine_of(const at::Tensor& weight, const at::Tensor& bias) {
  return {.weight = tensor::Linear(weight.contiguous()), .bias = bias.defined() ? bias.contiguous() : at::Tensor()};
}

void place_heads(TransformerLayer& layer, const at::Tensor& weight, const at::Tensor& bias, int64_t query_width, bool is_last) {
  const auto rows = [&](int64_t begin, int64_t count) {
    return affine_of(weight.narrow(0, begin, count), bias.defined() ? bias.narrow(0, begin, count) : at::Tensor());
  };
  const int64_t all = weight.size(0);
  if (is_last) layer.queries = rows(0, query_width);
  layer.heads = is_last ? rows(query_width, all - query_width) : rows(0, all);
}

PlainDense joined_heads(const TransformerLayer& layer) {
  if (!layer.queries.is_defined()) return {layer.heads.weight.weight(), layer.heads.bias};
  return {at::cat({layer.queries.weight.weight(), layer.heads.weight.weight()}),
          layer.heads.bias.defined() ? at::cat({layer.queries.bias, layer.heads.bias}) : at::Tensor()};
}

}  // namespace manabi::model
