// Element-wise passes of a Llama block, fused so that each reads and writes memory once. Plain functions; each has a reference of tensor
// operations with the same signature and the suffix _reference, which also serves devices other than the CPU.
//
// Letters: N tokens, D width, F width of the MLP, H heads (of queries or of keys), E width of a head, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace manabi::tensor {

// hidden [N, D], weight [D] -> [N, D]: hidden / sqrt(mean(hidden^2) + epsilon) * weight. Statistics in float32.
at::Tensor rms_norm(const at::Tensor& hidden, const at::Tensor& weight, double epsilon);
at::Tensor rms_norm_reference(const at::Tensor& hidden, const at::Tensor& weight, double epsilon);

// residual [N, D] += update [N, D] in place, then rms_norm of the sum.
at::Tensor add_rms_norm_(at::Tensor& residual, const at::Tensor& update, const at::Tensor& weight, double epsilon);
at::Tensor add_rms_norm_reference_(at::Tensor& residual, const at::Tensor& update, const at::Tensor& weight, double epsilon);

// gate_up [N, 2F] (gate first) -> [N, F]: silu(gate) * up.
at::Tensor silu_times(const at::Tensor& gate_up);
at::Tensor silu_times_reference(const at::Tensor& gate_up);

// Rotates heads [N, H, E] in place by their positions: pairs (i, i + E/2), the half-split layout of Hugging Face's Llama.
// positions [N] int64; cosines, sines [P, E/2] float32, one row a position. `heads` may be a view: of a fused tensor [N, H + 2G, E] the
// queries and keys rotate in one pass as narrow(1, 0, H + G).
void rotate_(at::Tensor& heads, const at::Tensor& positions, const at::Tensor& cosines, const at::Tensor& sines);
void rotate_reference_(at::Tensor& heads, const at::Tensor& positions, const at::Tensor& cosines, const at::Tensor& sines);

// Log-softmax at chosen columns without keeping the logits: hidden [N, D], unembedding [V, D], targets [M, 2] int64 pairs (row, token)
// -> [M] float32, log p(token | row) in nats. The product is streamed over the vocabulary in blocks; every row of `hidden` is normalised, so
// hand over only rows that have a target. Logits are accumulated and kept in float32 in bfloat16 too: beside its inputs, nothing is rounded.
at::Tensor target_log_probabilities(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets);
at::Tensor target_log_probabilities_reference(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets);

// The same without the normaliser: the logits at the pairs, reading only those rows of the unembedding.
at::Tensor target_logits(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets);

// All logits: hidden [N, D], unembedding [V, D] -> [N, V] float32, accumulated in float32.
at::Tensor all_logits(const at::Tensor& hidden, const at::Tensor& unembedding);

}  // namespace manabi::tensor
