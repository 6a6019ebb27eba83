// Where a token stands, told to a network that is trained here: the schemes of all of them, in one place.
//
// Letters: R replicas, B rows, T positions, D width, E width of a head (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tensor/differentiable/differentiable.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

// learned: a trained table is added. sinusoidal: sine in the first half of the width and cosine in the second are added (Chan et al. 2022).
// rotary: queries and keys are turned (Su et al. 2021), number i of a head together with number i + E/2 as in Llama's checkpoints.
// one_hot: the first numbers of the width say which position it is, and the token has the rest (Reddy 2023).
enum class Positions { none, learned, sinusoidal, rotary, one_hot };

struct PositionConfig {
  PositionConfig(Positions chosen) : scheme(chosen) {}  // implicit: mostly a scheme is all that there is to say

  Positions scheme;
  double longest_period = 30;  // of the sinusoids, over 2 pi
  double rotary_base = 10'000;
};

struct PositionShape {
  std::vector<int64_t> places;  // of each token of the longest row, ascending from 0; two tokens may share one
  int64_t width = 0;            // of the residual stream
  int64_t heads = 1;
};

// What the scheme leaves of the width for the token itself. Throws base::Error where the scheme does not fit the shape.
int64_t content_width(const PositionConfig& config, const PositionShape& shape);

// What a scheme that trains nothing adds to the stream's start, [places, D] float32: sinusoids, or ones before the token's own part.
// Undefined for the other schemes.
at::Tensor added_positions(const PositionConfig& config, const PositionShape& shape);

class PositionEncoding {
 public:
  // `table` names and initialises what is trained, when the scheme trains a table; its sizes are filled in. Throws as content_width does.
  PositionEncoding(const PositionConfig& config, const PositionShape& shape, tensor::ParameterShape table, tensor::ParameterPlan& plan);

  // content [R, B, T, content_width] -> the residual stream's start [R, B, T, D].
  at::Tensor placed(const tensor::ParameterLeaves& parameters, const at::Tensor& content) const;
  // What attention turns queries and keys by, in the dtype and on the device of `like` [R, B, T, D]; undefined tensors when nothing is turned.
  tensor::Rotation rotation(const at::Tensor& like) const;

 private:
  at::Tensor learned_rows(const tensor::ParameterLeaves& parameters, int64_t length) const;  // [R, T, D]

  Positions scheme_;
  std::vector<int64_t> places_;
  std::optional<tensor::ParameterId> table_;
  at::Tensor fixed_;            // [T, .]: of the longest row, what is added or put before the token
  at::Tensor cosines_, sines_;  // [T, E / 2] of the longest row
};

}  // namespace manabi::model
