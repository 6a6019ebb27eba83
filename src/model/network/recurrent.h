// Layers of plain or LSTM cells over rows of tokens: what the transformer is compared with.
//
// Letters: R replicas, B rows, T positions, D width (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

enum class Cell { rnn, lstm };  // rnn: h = tanh(W x + U h + b)

struct RecurrentConfig {
  Cell cell = Cell::lstm;
  int64_t layers = 2;
  int64_t width = 64;  // of a token and of a state
};

const char* name_of(Cell cell);  // "rnn", "lstm"

class Recurrent {
 public:
  Recurrent(const RecurrentConfig& config, tensor::ParameterPlan& plan);

  // tokens [R, B, T, D] -> the last layer's states at all positions, [R, B, T, D].
  at::Tensor states(const tensor::ParameterLeaves& parameters, const at::Tensor& tokens) const;

 private:
  struct Layer {
    tensor::ParameterId input, state, shift;
  };

  at::Tensor run(const tensor::ParameterLeaves& parameters, const Layer& layer, const at::Tensor& tokens) const;
  int64_t gates() const { return config_.cell == Cell::lstm ? 4 : 1; }

  RecurrentConfig config_;
  std::vector<Layer> layers_;
};

}  // namespace manabi::model
