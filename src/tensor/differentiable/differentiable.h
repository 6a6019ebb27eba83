// Layers that training differentiates. Each takes a leading axis of R replicas, whose parameters and rows are their own. In float32 a layer
// is one fused pass forward and one backward: on a CPU on the calling thread, on a GPU one launch for all replicas where the build has kernels
// for it. Everywhere else it is the reference, made of plain operations that libtorch differentiates, which is also what tests compare with.
//
// The gradient of a parameter is added to parameter.grad() where that is defined (a view of a flat buffer) and given to autograd where it is
// not.
//
// Letters: R replicas, N rows of one replica, B rows of a batch, T positions, D width, F width of the MLP, H heads, E width of a head,
// V vocabulary, O outputs, I inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "tensor/kernels/training.h"

namespace manabi::tensor {

using kernels::Activation;
using kernels::AttentionWeights;

// A parameter for plain tensor operations: the same values, whose gradient ends where the layers' below ends. (libtorch's own way of adding up
// gradients warns of a buffer that holds several replicas.)
at::Tensor plain(const at::Tensor& parameter);

// What both sides of a matrix product are rounded to, forward and backward. Sums, and all that is kept (parameters, gradients, activations),
// stay as they are.
enum class ProductFormat { unrounded, bfloat16 };

// input [R, N, I], weight [R, O, I] -> [R, N, O]. The bias belongs to the pass that follows.
at::Tensor dense(const at::Tensor& input, const at::Tensor& weight, ProductFormat format = ProductFormat::unrounded);
at::Tensor dense_reference(const at::Tensor& input, const at::Tensor& weight, ProductFormat format = ProductFormat::unrounded);

struct LayerNormParameters {
  at::Tensor gain;   // [R, D]
  at::Tensor shift;  // [R, D]
  double epsilon = 1e-5;
};

// input [R, N, D] -> [R, N, D].
at::Tensor layer_norm(const at::Tensor& input, const LayerNormParameters& parameters);
at::Tensor layer_norm_reference(const at::Tensor& input, const LayerNormParameters& parameters);

struct NormedSum {
  at::Tensor sum;     // [R, N, D]
  at::Tensor output;  // [R, N, D]
};

// sum = input [R, N, D] + update [R, N, D] + update_bias [R, D] (which may be undefined), output = layer_norm(sum).
NormedSum add_layer_norm(const at::Tensor& input, const at::Tensor& update, const at::Tensor& update_bias,
                         const LayerNormParameters& parameters);
NormedSum add_layer_norm_reference(const at::Tensor& input, const at::Tensor& update, const at::Tensor& update_bias,
                                   const LayerNormParameters& parameters);

// activation(input [R, N, F] + bias [R, F]); GELU in its tanh form. The bias may be undefined.
at::Tensor activate(const at::Tensor& input, const at::Tensor& bias, Activation activation);
at::Tensor activate_reference(const at::Tensor& input, const at::Tensor& bias, Activation activation);

// Rotary positions (Su et al. 2021): the numbers i and i + E/2 of each query and key (the pairing of Llama's checkpoints, not of neighbours) are
// turned by the angle of position t and pair i. Undefined tensors: nothing is turned.
struct Rotation {
  at::Tensor cosines, sines;  // [T, E / 2] each
};

struct AttentionForm {
  AttentionWeights weights = AttentionWeights::softmax;
  Rotation rotation;
};

// Causal attention within each row: projections [R, B, T, 3, H, E] (queries, keys, values) plus bias [R, 3 H E] (may be undefined)
// -> [R, B, T, H E]. Memory grows with T, not with its square.
at::Tensor row_attention(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form = {});
// What each query gives each key of it, [R, B, H, T, T] (query, key), for looking inside.
at::Tensor row_attention_weights(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form = {});
at::Tensor row_attention_reference(const at::Tensor& projections, const at::Tensor& bias, double scale, const AttentionForm& form = {});

// ids [R, N] int64, table [R, V, D] -> [R, N, D].
at::Tensor embed(const at::Tensor& ids, const at::Tensor& table);
at::Tensor embed_reference(const at::Tensor& ids, const at::Tensor& table);

// logits [R, N, V], targets [R, N] int64 (negative: this row is left out), weights: one a replica -> [R], the replica's weight times the sum of
// its rows' cross-entropies in nats. The fused form writes the gradient over the logits: they are lost.
at::Tensor cross_entropy_(const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights);
at::Tensor cross_entropy_reference(const at::Tensor& logits, const at::Tensor& targets, const std::vector<double>& weights);

}  // namespace manabi::tensor
