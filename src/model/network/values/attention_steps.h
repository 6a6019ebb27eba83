// Attention over joined points (x, y) with nothing around it, whose layers can each make one step of gradient descent on the row's own points
// (von Oswald, Niklasson, Randazzo, Sacramento, Mordvintsev, Zhmoginov and Vladymyrov 2023, section 2):
//
//   e_j <- e_j + sum_h sum_i (e_j M_h e_i) e_i R_h,  M = W_q W_k^T,  R = W_v P,  i over the context alone.
//
// The query begins as (x, 0), and the value that is told is minus the last number of what it ends as.
//
// Letters: R replicas, B rows, T points, T - 1 of them context, D = I + 1 numbers of a token, H heads, L layers (docs/notation.md).
#pragma once

#include <vector>

#include "base/format/json.h"
#include "model/network/values/value_model.h"
#include "tensor/differentiable/differentiable.h"

namespace manabi::model {

struct AttentionStepsConfig {
  int64_t layers = 1;
  bool shares_layers = true;  // one layer's parameters, passed as many times as there are layers
  int64_t heads = 1;
  int64_t key_width = 0;  // of a head; 0: the token's
  tensor::AttentionWeights weights = tensor::AttentionWeights::linear;
  double clip = 0;               // what the numbers of the tokens are cut to after each layer; 0: not cut
  double initial_scale = 0.002;  // of the weights at first: their variance is this over the layers and the numbers that they read
  int64_t points = 11;           // T
  int64_t input_width = 10;      // I
};

// Everything of a configuration that could change what is trained.
base::Json described(const AttentionStepsConfig& config);

// What a layer multiplies with, its heads merged as they act.
struct MergedLayer {
  at::Tensor scores;  // M [R, H, D, D]
  at::Tensor update;  // R [R, H, D, D]
};

class AttentionSteps final : public ValueModel {
 public:
  // Throws base::Error for sizes that are not positive.
  AttentionSteps(const AttentionStepsConfig& config, tensor::ParameterPlan& plan);

  at::Tensor last(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const override;
  int64_t points() const override { return config_.points; }
  int64_t input_width() const override { return config_.input_width; }

  // One a layer that has parameters of its own.
  std::vector<MergedLayer> merged(const tensor::ParameterLeaves& parameters) const;
  // The same with other layers in place of the trained ones: [R, B].
  at::Tensor last_with(const std::vector<MergedLayer>& layers, const ValueRows& rows) const;

 private:
  struct Layer {
    tensor::ParameterId query, key, value, out;
  };

  AttentionStepsConfig config_;
  std::vector<Layer> layers_;
};

// The layer that makes one step of gradient descent from weights of zero at this rate on sum_i (w x_i - y_i)^2 / 2, and bends the inputs by
// `curvature` (GD++: x_j <- x_j - curvature sum_i x_i x_i x_j; 0: plain descent). Of one replica and one head.
MergedLayer descent_layer(int64_t input_width, double rate, double curvature, at::TensorOptions options);

}  // namespace manabi::model
