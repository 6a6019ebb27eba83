#include "model/causal_lm.h"

#include "base/error.h"
#include "model/trainable/trainable_transformer.h"

namespace manabi::model {

std::unique_ptr<TrainableTransformer> CausalLM::trainable() const {
  throw base::Error({.given = "a model without gradients", .expected = "one that is computed here"});
}

}  // namespace manabi::model
