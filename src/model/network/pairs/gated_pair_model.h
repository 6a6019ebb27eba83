// Two predictors and a gate between them (Chan, Chen, György and Schuurmans 2024, the stylised model): one knows the query alone, one reads the
// context alone, and the gate says for each row how far the first is believed.
//
//   f = alpha(x1..xK, x) g(x) + (1 - alpha(x1..xK, x)) h(x1, y1..xK, yK, x)
//
// Where a model gives probabilities its logits are their logarithms, floored: the cross-entropy of these is that of the probabilities.
//
// Letters: R replicas, B rows, K pairs, I width of an input, C classes (docs/notation.md).
#pragma once

#include "base/format/json.h"
#include "model/network/pairs/pair_model.h"
#include "model/network/perceptron.h"

namespace manabi::model {

struct GatedPairConfig {
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
  int64_t hidden_width = 64;
  int64_t hidden_layers = 2;  // of the in-weight predictor and of the gate
};

// Everything of a configuration that could change what is trained.
base::Json described(const GatedPairConfig& config);

// g: a perceptron on the query, which ignores the context. Its parameters' names begin with kPrefix.
class InWeightPredictor final : public PairModel {
 public:
  static constexpr const char* kPrefix = "in-weight.";
  InWeightPredictor(const GatedPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

 private:
  GatedPairConfig config_;
  Perceptron perceptron_;
};

// h: the mean of the context's labels, weighed by softmax(-|x_k - x|^2 / temperature). The temperature is its one parameter theta, as
// exp(exp(theta)) + 1e-8 (the published code takes the exponential twice), from theta = 0 on.
class InContextPredictor final : public PairModel {
 public:
  static constexpr const char* kPrefix = "in-context.";
  static constexpr double kFloor = 1e-7;  // of a probability
  InContextPredictor(const GatedPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  at::Tensor probabilities(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;  // [R, B, C], without the floor
  at::Tensor temperature(const tensor::ParameterLeaves& parameters) const;                            // [R, 1]
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

 private:
  GatedPairConfig config_;
  tensor::ParameterId theta_;
};

class GatedPairModel final : public PairModel {
 public:
  static constexpr double kFloor = 1e-8;  // of the mixture's probability
  GatedPairModel(const GatedPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  // How far the weights are believed: alpha, [R, B, 1].
  at::Tensor share_of_weights(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;
  int64_t pairs() const override { return in_weight_.pairs(); }
  int64_t input_width() const override { return in_weight_.input_width(); }
  int64_t labels() const override { return in_weight_.labels(); }

 private:
  InWeightPredictor in_weight_;
  InContextPredictor in_context_;
  Perceptron gate_;
};

}  // namespace manabi::model
