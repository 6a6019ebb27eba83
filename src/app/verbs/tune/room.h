// Whether a tuning fits into memory, before it begins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "app/verbs/tune/options.h"
#include "learn/tuning/run/tuning.h"

namespace manabi::app {

// Throws base::Error where the plan's values, gradients and running means do not fit into what is free: how much they need, and which of the
// other methods would fit. Nothing is checked where it is not known what is free.
void check_room(const std::shared_ptr<const model::FrozenNetwork>& network, const learn::TuningPlan& plan, const learn::MethodOptions& method,
                std::optional<int64_t> free_bytes);

}  // namespace manabi::app
