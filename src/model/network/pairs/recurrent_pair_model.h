// Recurrent networks over labelled vectors: layers of plain or LSTM cells, read off after the query. What the transformer is compared with.
#pragma once

#include "base/format/json.h"
#include "model/network/pairs/pair_tokens.h"
#include "model/network/recurrent.h"

namespace manabi::model {

struct RecurrentPairConfig {
  Cell cell = Cell::lstm;
  int64_t layers = 2;
  int64_t width = 64;
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
};

// Everything of a configuration that could change what is trained.
base::Json described(const RecurrentPairConfig& config);

class RecurrentPairModel final : public PairModel {
 public:
  RecurrentPairModel(const RecurrentPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

 private:
  RecurrentPairConfig config_;
  PairTokens tokens_;
  Recurrent recurrent_;
  PairHead head_;
};

}  // namespace manabi::model
