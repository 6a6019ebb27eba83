#include "tensor/fused.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>
#include <span>

#include "tensor/kernels/format.h"

namespace manabi::tensor {
namespace {

// Elements that one thread should have at least: below, waking another costs more than it saves.
constexpr int64_t kElementsPerThread = 16384;

int64_t rows_per_thread(int64_t width) { return std::max<int64_t>(1, kElementsPerThread / std::max<int64_t>(1, width)); }

at::Tensor with_contiguous_rows(const at::Tensor& tensor) { return tensor.stride(-1) == 1 ? tensor : tensor.contiguous(); }

const char* row_of(const at::Tensor& tensor, int64_t row) {
  return static_cast<const char*>(tensor.const_data_ptr()) + row * tensor.stride(0) * static_cast<int64_t>(tensor.element_size());
}

char* mutable_row_of(const at::Tensor& tensor, int64_t row) {
  return static_cast<char*>(tensor.data_ptr()) + row * tensor.stride(0) * static_cast<int64_t>(tensor.element_size());
}

void check_norm(const at::Tensor& hidden, const at::Tensor& weight) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 1 && weight.size(0) == hidden.size(1) && weight.scalar_type() == hidden.scalar_type(),
              "rms_norm: hidden is ", hidden.sizes(), " ", hidden.toString(), ", weight ", weight.sizes(), " ", weight.toString(),
              ", expected [N, D] and [D] of one dtype");
}

// `update` may be undefined: then `hidden` is only read.
at::Tensor norm_with_kernel(kernels::Format format, const at::Tensor& hidden, const at::Tensor& update, const at::Tensor& weight,
                            double epsilon) {
  const at::Tensor output = at::empty(hidden.sizes(), hidden.options()), plain_weight = weight.contiguous();
  at::parallel_for(0, hidden.size(0), rows_per_thread(hidden.size(1)), [&](int64_t begin, int64_t end) {
    kernels::find_kernels(format)->norm_rows({.format = format,
                                              .hidden = mutable_row_of(hidden, begin),
                                              .hidden_stride = hidden.stride(0),
                                              .update = update.defined() ? row_of(update, begin) : nullptr,
                                              .update_stride = update.defined() ? update.stride(0) : 0,
                                              .weight = plain_weight.const_data_ptr(),
                                              .epsilon = static_cast<float>(epsilon),
                                              .output = mutable_row_of(output, begin),
                                              .rows = end - begin,
                                              .width = hidden.size(1)});
  });
  return output;
}

void check_rotation(const at::Tensor& heads, const at::Tensor& positions, const at::Tensor& cosines, const at::Tensor& sines) {
  TORCH_CHECK(heads.dim() == 3 && heads.size(2) % 2 == 0 && positions.dim() == 1 && positions.size(0) == heads.size(0) &&
                  positions.scalar_type() == at::kLong && cosines.dim() == 2 && cosines.size(1) * 2 == heads.size(2) &&
                  cosines.sizes() == sines.sizes() && cosines.scalar_type() == at::kFloat && sines.scalar_type() == at::kFloat,
              "rotate_: heads ", heads.sizes(), ", positions ", positions.sizes(), " ", positions.toString(), ", cosines ", cosines.sizes(),
              ", sines ", sines.sizes(), ", expected [N, H, E], [N] int64, [P, E/2] and [P, E/2] float32");
}

void check_positions(std::span<const int64_t> positions, int64_t limit) {
  for (const int64_t position : positions) {
    TORCH_CHECK(position >= 0 && position < limit, "rotate_: position ", position, " lies outside the table of ", limit);
  }
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& hidden, const at::Tensor& weight, double epsilon) {
  check_norm(hidden, weight);
  const std::optional<kernels::Format> format = kernels::format_of(hidden);
  if (!format) return rms_norm_reference(hidden, weight, epsilon);
  return norm_with_kernel(*format, with_contiguous_rows(hidden), {}, weight, epsilon);
}

at::Tensor add_rms_norm_(at::Tensor& residual, const at::Tensor& update, const at::Tensor& weight, double epsilon) {
  check_norm(residual, weight);
  TORCH_CHECK(update.sizes() == residual.sizes() && update.scalar_type() == residual.scalar_type(), "add_rms_norm_: the update is ",
              update.sizes(), " ", update.toString(), ", the residual ", residual.sizes(), " ", residual.toString());
  const std::optional<kernels::Format> format = kernels::format_of(residual);
  if (!format || residual.stride(1) != 1) return add_rms_norm_reference_(residual, update, weight, epsilon);
  return norm_with_kernel(*format, residual, with_contiguous_rows(update), weight, epsilon);
}

at::Tensor silu_times(const at::Tensor& gate_up) {
  TORCH_CHECK(gate_up.dim() == 2 && gate_up.size(1) % 2 == 0, "silu_times: gate_up is ", gate_up.sizes(), ", expected [N, 2F]");
  const std::optional<kernels::Format> format = kernels::format_of(gate_up);
  if (!format) return silu_times_reference(gate_up);
  const int64_t width = gate_up.size(1) / 2;
  const at::Tensor input = with_contiguous_rows(gate_up), output = at::empty({gate_up.size(0), width}, gate_up.options());
  at::parallel_for(0, gate_up.size(0), rows_per_thread(2 * width), [&](int64_t begin, int64_t end) {
    kernels::find_kernels(*format)->gate_rows({.format = *format,
                                               .gate_up = row_of(input, begin),
                                               .stride = input.stride(0),
                                               .output = mutable_row_of(output, begin),
                                               .rows = end - begin,
                                               .width = width});
  });
  return output;
}

void rotate_(at::Tensor& heads, const at::Tensor& positions, const at::Tensor& cosines, const at::Tensor& sines) {
  check_rotation(heads, positions, cosines, sines);
  const std::optional<kernels::Format> format = kernels::format_of(heads);
  if (!format || heads.stride(2) != 1) return rotate_reference_(heads, positions, cosines, sines);
  const at::Tensor places = positions.contiguous(), plain_cosines = cosines.contiguous(), plain_sines = sines.contiguous();
  const int64_t* first_place = places.const_data_ptr<int64_t>();
  check_positions({first_place, static_cast<size_t>(places.numel())}, cosines.size(0));
  at::parallel_for(0, heads.size(0), rows_per_thread(heads.size(1) * heads.size(2)), [&](int64_t begin, int64_t end) {
    kernels::find_kernels(*format)->rotate_tokens({.format = *format,
                                                   .heads = mutable_row_of(heads, begin),
                                                   .token_stride = heads.stride(0),
                                                   .head_stride = heads.stride(1),
                                                   .positions = first_place + begin,
                                                   .cosines = plain_cosines.const_data_ptr<float>(),
                                                   .sines = plain_sines.const_data_ptr<float>(),
                                                   .tokens = end - begin,
                                                   .count = heads.size(1),
                                                   .width = heads.size(2)});
  });
}

}  // namespace manabi::tensor
