// Rows of labelled vectors as tokens x1, y1, ..., xK, yK, x: inputs through a trained matrix or as they are, labels from a trained table.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "model/network/pairs/pair_model.h"
#include "model/network/trained_matrix.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

struct PairTokensConfig {
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
  int64_t width = 64;          // of a token
  bool maps_inputs = true;     // off: the input is the token, so both have one width
  double label_deviation = 0;  // of the labels' table at first; 0: one over the root of their number
};

class PairTokens {
 public:
  // Throws base::Error when an input that is not mapped has another width than a token.
  PairTokens(const PairTokensConfig& config, tensor::ParameterPlan& plan);

  // -> [R, B, 2 K + 1, D], without positions.
  at::Tensor of(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;
  int64_t count() const { return 2 * config_.pairs + 1; }

 private:
  PairTokensConfig config_;
  std::optional<tensor::ParameterId> input_map_;
  tensor::ParameterId label_table_, label_shift_;
};

// The query's logits from its last hidden state [R, B, D].
class PairHead {
 public:
  // deviation: of the weights at first; 0: one over the root of the width.
  PairHead(int64_t labels, int64_t width, tensor::ParameterPlan& plan, double deviation = 0);
  at::Tensor logits(const tensor::ParameterLeaves& parameters, const at::Tensor& query) const;  // [R, B, C]

 private:
  tensor::ParameterId weight_, shift_;
};

}  // namespace manabi::model
