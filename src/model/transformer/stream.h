// The stream of hidden states between the parts of a transformer's blocks. The sum with a part's update is left to the norm that follows,
// which reads it anyway.
//
// Letters: N tokens, D width.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/transformer/shape.h"
#include "model/transformer/weights.h"

namespace manabi::model {

class Stream {
 public:
  // start [N, D], which the stream writes over.
  Stream(at::Tensor start, Norms norms) : norms_(norms), residual_(std::move(start)) {}

  // What the next part reads, [N, D]: with norms before the parts, the stream's own.
  at::Tensor read(const Norm& norm);
  // Adds what a part gave [N, D]; with norms after each sum, `norm` follows. Takes the update's memory.
  void add(at::Tensor update, const Norm& norm);
  // The stream itself, to read or to write over.
  at::Tensor& sum();
  // Goes on with some of the tokens: places [W].
  void select(const at::Tensor& places);

 private:
  Norms norms_;
  at::Tensor residual_;
  at::Tensor update_;  // not yet added, or undefined
};

}  // namespace manabi::model
