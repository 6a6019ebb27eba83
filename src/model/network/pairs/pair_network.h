// A decoder over labelled vectors, read off at the query's token: the transformer of the studies that tell in-context from in-weight learning.
//
// Letters: R replicas, B rows, K pairs, D width (docs/notation.md).
#pragma once

#include "base/format/json.h"
#include "model/network/decoder.h"
#include "model/network/pairs/pair_tokens.h"
#include "model/network/position_encoding.h"

namespace manabi::model {

struct PairNetworkConfig {
  DecoderConfig decoder;
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
  PositionConfig positions = Positions::sinusoidal;
  double position_deviation = 0.02;    // of a learned table at first
  bool pairs_share_positions = false;  // an input and its label stand at one position
  bool maps_inputs = true;             // by a trained matrix; off: the input is the token
  double label_deviation = 0;          // of the labels' table and of the head at first; 0: as PairTokens and PairHead say
  double head_deviation = 0;
};

// Everything of a configuration that could change what is trained.
base::Json described(const PairNetworkConfig& config);

class PairNetwork final : public PairModel {
 public:
  // Throws base::Error for widths that do not fit together.
  PairNetwork(const PairNetworkConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return config_.pairs; }
  int64_t input_width() const override { return config_.input_width; }
  int64_t labels() const override { return config_.labels; }

  // What each layer's queries give its keys, [R, B, H, T, T] each: T tokens, of pair i the input at 2 i and the label at 2 i + 1.
  std::vector<at::Tensor> attention(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const;

 private:
  PairNetworkConfig config_;
  PairTokens tokens_;
  PositionEncoding positions_;
  Decoder decoder_;
  PairHead head_;
};

}  // namespace manabi::model
