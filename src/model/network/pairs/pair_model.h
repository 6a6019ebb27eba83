// What reads rows of labelled vectors and answers with the query's label: transformers of several kinds, recurrent networks,
// perceptrons.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

// Letters: R replicas, B rows, K pairs, I width of an input.
struct PairInputs {
  at::Tensor inputs;   // [R, B, K + 1, I] float, the query last
  at::Tensor labels;   // [R, B, K] int64
  at::Tensor offsets;  // [R, B] int64: where each row's tokens begin among the positions; most models do not ask
};

class PairModel {
 public:
  virtual ~PairModel() = default;
  // -> logits [R, B, C] of the query's label, in memory of their own.
  virtual at::Tensor logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const = 0;
  virtual int64_t pairs() const = 0;        // K
  virtual int64_t input_width() const = 0;  // I
  virtual int64_t labels() const = 0;       // C
};

// One that tells the label of every item of a row from the pairs before it.
class EveryPairModel : public PairModel {
 public:
  // -> [R, B, K + 1, C].
  virtual at::Tensor every_logits(const tensor::ParameterLeaves& parameters, const PairInputs& rows) const = 0;
};

}  // namespace manabi::model
