// The fine-tuning that demonstrations are compared with (Dai et al. 2023): one pass of plain gradient descent over them, one a step, that
// changes the matrices of keys and values alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

#include "base/watch.h"
#include "model/trainable/trainable_transformer.h"

namespace manabi::learn {

// Called with the queries [T, H, E] of a layer in the pass that a step's gradient comes from: before they are turned, and before the step.
using SeeQueries = std::function<void(size_t row, int64_t layer, const at::Tensor& queries)>;

// Minimises the mean cross-entropy of a row's next tokens; rows have two tokens or more. Returns the loss of each row before its step, in nats.
// Throws base::Error for a rate
// that is no positive number, and where a loss is not finite: the rate is too large.
std::vector<double> tune_keys_and_values(model::TrainableTransformer& network, std::span<const std::vector<model::TokenId>> rows, double lr,
                                         const SeeQueries& see = {}, const base::Watch& watch = {});

}  // namespace manabi::learn
