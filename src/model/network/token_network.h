// A decoder over token ids: with learned positions, the plain GPT of most studies.
#pragma once

#include "model/network/decoder.h"
#include "model/network/position_encoding.h"

namespace manabi::model {

struct TokenNetworkConfig {
  DecoderConfig decoder;
  int64_t vocabulary = 64;
  int64_t outputs = 0;  // 0: the vocabulary
  int64_t context = 32;
  PositionConfig positions = Positions::learned;
};

// Of rows as long as the context.
PositionShape position_shape(const TokenNetworkConfig& config);

class TokenNetwork {
 public:
  TokenNetwork(const TokenNetworkConfig& config, tensor::ParameterPlan& plan);

  // ids [R, B, T] int64 -> logits [R, B T, O]. Throws base::Error for rows longer than the context.
  at::Tensor logits(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const;
  // The same after the last token alone, [R, B, O].
  at::Tensor last_logits(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const;

  // ids [R, B, T] -> what the head reads, [R, B, T, D].
  at::Tensor states(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const;
  const at::Tensor& head(const tensor::ParameterLeaves& parameters) const { return parameters[head_]; }  // [R, O, D]

  const TokenNetworkConfig& config() const { return config_; }

 private:
  // ids [R, B, T] -> [R, B, T, D], positions included.
  at::Tensor embedded(const tensor::ParameterLeaves& parameters, const at::Tensor& ids) const;

  TokenNetworkConfig config_;
  tensor::ParameterId tokens_;
  PositionEncoding positions_;
  Decoder decoder_;
  tensor::ParameterId head_;
};

}  // namespace manabi::model
