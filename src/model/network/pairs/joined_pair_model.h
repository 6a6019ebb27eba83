// Networks that read an image and the label of the one before it as one token, and tell every label (Kirsch, Harrison, Sohl-Dickstein and Metz
// 2022, section 4): t_i = W [x_i ; one-hot(y_{i-1})], the first token without a label. What carries the row is a decoder or recurrent cells.
//
// Letters: R replicas, B rows, K pairs and a query, I width of an input, C classes, D width (docs/notation.md).
#pragma once

#include <optional>
#include <variant>

#include "base/format/json.h"
#include "model/network/decoder.h"
#include "model/network/pairs/pair_tokens.h"
#include "model/network/position_encoding.h"
#include "model/network/recurrent.h"

namespace manabi::model {

struct JoinedPairConfig {
  std::variant<DecoderConfig, RecurrentConfig> core;
  int64_t pairs = 29;
  int64_t input_width = 49;
  int64_t labels = 5;

  int64_t width() const;
};

// Everything of a configuration that could change what is trained.
base::Json described(const JoinedPairConfig& config);

class JoinedPairModel final : public EveryPairModel {
 public:
  JoinedPairModel(const JoinedPairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  at::Tensor every_logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

 private:
  // -> [R, B, K + 1, D].
  at::Tensor states(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;

  JoinedPairConfig config_;
  tensor::ParameterId input_map_, label_table_, token_shift_;
  std::optional<PositionEncoding> positions_;  // of a decoder
  std::variant<Decoder, Recurrent> core_;
  PairHead head_;
};

}  // namespace manabi::model
