// A plain multilayer perceptron over labelled vectors: all tokens of a row side by side, hidden layers with ReLU, the query's logits. It neither
// attends nor recurs, so what it learns in its context it learns from places alone.
#pragma once

#include "base/format/json.h"
#include "model/network/pairs/pair_tokens.h"
#include "model/network/perceptron.h"

namespace manabi::model {

struct PerceptronPairConfig {
  int64_t layers = 2;  // hidden ones
  int64_t hidden_width = 256;
  int64_t width = 64;  // of a token
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
};

// Everything of a configuration that could change what is trained.
base::Json described(const PerceptronPairConfig& config);

class PerceptronPairModel final : public PairModel {
 public:
  PerceptronPairModel(const PerceptronPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

 private:
  PerceptronPairConfig config_;
  PairTokens tokens_;
  Perceptron perceptron_;  // [R, B, (2 K + 1) D] -> [R, B, C]
};

}  // namespace manabi::model
