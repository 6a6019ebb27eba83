// Layers of a network whose weights stay as they are, over packed rows: gradients flow to the inputs, and to what a few parameters add. In
// float32 each is fused, on a GPU where the build has kernels for it; everywhere else it is the reference, which tests compare with. Attention
// is computed row by row on a CPU, on a GPU as one batch of padded rows.
//
// Letters: N tokens of all rows together, T of one row, D width, F width of the MLP, O outputs, I inputs, H query heads, G key-value heads,
// E width of a head, M positions of all prefixes together.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tensor/differentiable/differentiable.h"

namespace manabi::tensor {

// input [N, I], weight [O, I] (float32 or bfloat16) -> [N, O] in the input's dtype. In bfloat16 both sides of every product are rounded, and
// what it gives. The weight has no gradient.
at::Tensor frozen_dense(const at::Tensor& input, const at::Tensor& weight);

// hidden [N, D], unembedding [V, D] (float32 or bfloat16) -> [N, V] float32, accumulated and kept in float32 in either format.
at::Tensor frozen_logits(const at::Tensor& hidden, const at::Tensor& unembedding);

// sum = input [N, D] + update [N, D] (which may be undefined), output = sum / sqrt(mean(sum^2) + epsilon) * gain [D] (or [1, D]).
NormedSum add_rms_norm(const at::Tensor& input, const at::Tensor& update, const at::Tensor& gain, double epsilon);
NormedSum add_rms_norm_reference(const at::Tensor& input, const at::Tensor& update, const at::Tensor& gain, double epsilon);

// gate_up [N, 2 F], gate first -> [N, F]: silu(gate) * up.
at::Tensor silu_gate(const at::Tensor& gate_up);
at::Tensor silu_gate_reference(const at::Tensor& gate_up);

// output [N, O] += addend [N, C] in the columns from `first` on, in place.
at::Tensor add_to_columns_(const at::Tensor& output, const at::Tensor& addend, int64_t first);

// One row: tokens [begin, begin + length) of the packed tensors. Each of them sees the prefix, then all of the parent's positions, then its own
// row up to itself.
struct PackedRow {
  int64_t begin = 0;
  int64_t length = 0;
  int64_t parent = -1;        // an earlier row without parent, by its place, or -1
  int64_t prefix_begin = 0;   // positions [prefix_begin, prefix_begin + prefix_length) of `prefixes`
  int64_t prefix_length = 0;  // a parent has its own prefix, so its children name none
};

// The rows of a call, with what a device other than the CPU needs of them, once for all layers: there a row at a time would be many small
// operations, so that rows are padded to the longest and computed as one batch. Memory then grows with rows * longest row * most
// positions that a row sees.
class PackedRows {
 public:
  PackedRows(std::vector<PackedRow> rows, at::Device device) : PackedRows(std::move(rows), device, !device.is_cpu()) {}
  PackedRows(std::vector<PackedRow> rows, at::Device device, bool pads);

  // B rows of T queries, each of which sees S positions; places among prefixes count first, then tokens.
  struct Padded {
    int64_t prefixes = 0;  // positions of all prefixes
    at::Tensor queries;    // [B, T] int64: tokens; a filler repeats a token
    at::Tensor seen;       // [B, S] int64: places; a filler repeats one
    at::Tensor unseen;     // [B, 1, 1, T, S] bool: what a query does not see
    at::Tensor places;     // [N] int64: where each token lies among the B T queries
  };

  std::span<const PackedRow> rows() const { return rows_; }
  const Padded* padded() const { return padded_ ? &*padded_ : nullptr; }  // null where each row is computed by itself

 private:
  std::vector<PackedRow> rows_;
  std::optional<Padded> padded_;
};

// projections [N, H + 2 G, E]: queries, keys, values of every token; they may be turned in place where there is a rotation ([N, E / 2] each), so
// they are lost. prefixes [M, 2, G, E]: keys (as they are compared: not turned) and values, or undefined -> [N, H E].
at::Tensor packed_attention_(const at::Tensor& projections, int64_t heads, const Rotation& rotation, const at::Tensor& prefixes,
                             const PackedRows& rows);
at::Tensor packed_attention_reference(const at::Tensor& projections, int64_t heads, const Rotation& rotation, const at::Tensor& prefixes,
                                      std::span<const PackedRow> rows);

}  // namespace manabi::tensor
