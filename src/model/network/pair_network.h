// A decoder over labelled vectors: x1, y1, ..., xK, yK, x, read off at the query's token. The network of the studies that tell in-context from
// in-weight learning.
//
// Letters: R replicas, B rows, K pairs, I width of an input, C labels, D width (docs/notation.md).
#pragma once

#include <optional>

#include "model/network/decoder.h"

namespace manabi::model {

// sinusoidal: sine in the first half of the width and cosine in the second, at periods from 1 to `longest_period` turns (as Chan et al. 2022).
enum class Positions { none, learned, sinusoidal };

struct PairNetworkConfig {
  DecoderConfig decoder;
  int64_t pairs = 1;
  int64_t input_width = 64;
  int64_t labels = 10;
  Positions positions = Positions::sinusoidal;
  double longest_period = 30;
  bool pairs_share_positions = false;  // an input and its label stand at one position
  bool maps_inputs = true;             // by a trained matrix; off: the input is the token, its width the model's
};

class PairNetwork {
 public:
  // Throws base::Error when an input that is not mapped has another width than the model.
  PairNetwork(const PairNetworkConfig& config, tensor::ParameterPlan& plan);

  // inputs [R, B, K + 1, I] float, labels [R, B, K] int64 -> logits [R, B, C] of the query's label.
  at::Tensor logits(const tensor::ParameterLeaves& parameters, const at::Tensor& inputs, const at::Tensor& labels) const;

  const PairNetworkConfig& config() const { return config_; }
  int64_t tokens() const { return 2 * config_.pairs + 1; }

 private:
  at::Tensor positions(const tensor::ParameterLeaves& parameters, const at::Tensor& like) const;  // [R or 1, 1, tokens, D], or undefined

  PairNetworkConfig config_;
  std::optional<tensor::ParameterId> input_map_;
  tensor::ParameterId label_table_, label_shift_;
  std::optional<tensor::ParameterId> position_table_;
  Decoder decoder_;
  tensor::ParameterId head_, head_shift_;
};

}  // namespace manabi::model
