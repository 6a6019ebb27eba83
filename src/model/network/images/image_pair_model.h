// A decoder over labelled images: each image becomes a token by an encoder that is trained with it.
#pragma once

#include "model/network/images/image_encoder.h"
#include "model/network/pairs/pair_network.h"

namespace manabi::model {

struct ImagePairConfig {
  ImageEncoderConfig encoder;
  PairNetworkConfig network;  // over the encoder's tokens: its inputs have the encoder's width and are not mapped again
};

// Everything of a configuration that could change what is trained.
base::Json described(const ImagePairConfig& config);

class ImagePairModel final : public PairModel {
 public:
  // Throws base::Error for an encoder and a network whose widths differ.
  ImagePairModel(const ImagePairConfig& config, tensor::ParameterPlan& plan);

  at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const override;
  int64_t pairs() const override { return network_.pairs(); }
  int64_t input_width() const override { return encoder_.config().side * encoder_.config().side; }
  int64_t labels() const override { return network_.labels(); }

 private:
  ImageEncoder encoder_;
  PairNetwork network_;
};

}  // namespace manabi::model
