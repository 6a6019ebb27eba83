#include "model/causal_lm.h"

#include "base/error.h"
#include "model/trainable/trainable_transformer.h"
#include "model/tuned/frozen_network.h"

namespace manabi::model {
namespace {

base::Error without_weights() { return base::Error({.given = "a model without weights here", .expected = "one that is computed here"}); }

}  // namespace

std::unique_ptr<TrainableTransformer> CausalLM::trainable() const { throw without_weights(); }

std::shared_ptr<const FrozenNetwork> CausalLM::frozen(at::ScalarType) const { throw without_weights(); }

at::Tensor CausalLM::position_rows(int64_t, int64_t) const { return {}; }

}  // namespace manabi::model
