// Attention with nothing around it (Reddy 2023): no norm, no scaling of scores, no output matrix, no MLP inside; tokens hold content and a
// one-hot position side by side, and a classifier of three hidden layers reads the query's token.
//
//   x_i += sum over j <= i of softmax_j((K x_j) . (Q x_i)) V x_j            twice
//
// Letters: R replicas, B rows, K pairs, T = 2 K + 1 tokens, D width of a token.
#pragma once

#include <vector>

#include "base/format/json.h"
#include "model/network/pairs/pair_model.h"

namespace manabi::model {

struct ContentAttentionConfig {
  int64_t pairs = 8;
  int64_t input_width = 63;
  int64_t labels = 32;
  int64_t positions = 65;  // of the one-hot part
  int64_t layers = 2;
  int64_t hidden_layers = 3;  // of the classifier

  int64_t width() const { return positions + input_width; }
};

// Everything of a configuration that could change what is trained.
base::Json described(const ContentAttentionConfig& config);

class ContentAttentionModel final : public PairModel {
 public:
  // label_vectors [R, C, I]: each replica's world says what its labels look like. Throws base::Error when rows do not fit the positions.
  ContentAttentionModel(const ContentAttentionConfig& config, at::Tensor label_vectors, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

  // The attention of each layer, [R, B, T, T] (query, key), for measures of progress.
  std::vector<at::Tensor> attention(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;

 private:
  struct Dense {
    tensor::ParameterId weight, shift;  // the shift is one number for the whole layer
  };

  at::Tensor tokens(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;                       // [R, B, T, D]
  at::Tensor projections(const tensor::ParameterLeaves& parameters, size_t layer, const at::Tensor& hidden) const;  // [R, B, T, 3, 1, D]

  ContentAttentionConfig config_;
  at::Tensor label_vectors_;
  std::vector<tensor::ParameterId> attention_;  // a layer's queries, keys and values: [3 D, D]
  std::vector<Dense> hidden_;
  tensor::ParameterId head_;
};

}  // namespace manabi::model
