// A decoder over points x1, y1, x2, y2, ...: the value of a point is read where its input stands (Garg, Tsipras, Liang and Valiant 2022; Akyürek
// et al. 2023).
//
// Letters: R replicas, B rows, T points, D width, I numbers of an input (docs/notation.md).
#pragma once

#include "base/format/json.h"
#include "model/network/decoder.h"
#include "model/network/position_encoding.h"
#include "model/network/values/value_model.h"

namespace manabi::model {

// How a value becomes a vector that one matrix maps into the stream. first_number: (y, 0, ..., 0), of an input's width (Garg et al.).
// own_number: a place of its own, (y, 0, ..., 0) beside (0, x) (Akyürek et al.).
enum class ValueTokens { first_number, own_number };

struct ValueNetworkConfig {
  DecoderConfig decoder;
  int64_t points = 11;  // the most of a row
  int64_t input_width = 5;
  ValueTokens tokens = ValueTokens::first_number;
};

// Everything of a configuration that could change what is trained.
base::Json described(const ValueNetworkConfig& config);

class ValueNetwork final : public ValueModel {
 public:
  // Throws base::Error for widths that do not fit together.
  ValueNetwork(const ValueNetworkConfig& config, tensor::ParameterPlan& plan);

  // Both throw base::Error for rows of more points than the network has positions for.
  at::Tensor last(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const override;
  at::Tensor every(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const override;
  int64_t points() const override { return config_.points; }
  int64_t input_width() const override { return config_.input_width; }

 private:
  int64_t value_place() const { return config_.tokens == ValueTokens::own_number ? 1 : 0; }
  // -> [R, B, 2 T - 1, D], positions included.
  at::Tensor stream(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const;
  // hidden [R, N, D] -> [R, N].
  at::Tensor read(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden) const;

  ValueNetworkConfig config_;
  tensor::ParameterId input_, input_shift_;
  PositionEncoding positions_;
  Decoder decoder_;
  tensor::ParameterId head_, head_shift_;
};

}  // namespace manabi::model
