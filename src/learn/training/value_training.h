// Training and judging networks on worlds of real functions: mean squared error of the values that are asked.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "learn/training/trainer.h"
#include "model/network/values/value_model.h"
#include "world/values/value_world.h"

namespace manabi::learn {

using ValueWorlds = std::vector<std::shared_ptr<const world::ValueWorld>>;  // one a replica, all of one shape

// Which values of a row are told: every one from the points before it, or the last alone.
enum class ValuesAsked { every, last };

// Rows [first_row, first_row + rows) of batch `step` of these worlds, as many points of each as are shown then. Throws base::Error when the
// worlds do not show the same number.
model::ValueRows draw_values(std::span<const std::shared_ptr<const world::ValueWorld>> worlds, int64_t step, int64_t first_row, int64_t rows);

struct ValueLoss {
  ValuesAsked asked = ValuesAsked::every;
  double weight = 1;  // of the mean squared error
};

class ValueObjective final : public Objective {
 public:
  // Throws base::Error when a world's rows do not fit the model. The model outlives the objective.
  ValueObjective(const model::ValueModel& model, ValueWorlds worlds, const ValueLoss& loss, at::TensorOptions options = at::kFloat);
  at::Tensor losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const override;

 private:
  const model::ValueModel& model_;
  ValueWorlds worlds_;
  ValueLoss loss_;
  at::TensorOptions options_;
};

// What one replica tells of rows [1, B, T, I] on the CPU: [B, T], or [B, 1] where the last is asked, float64 on the CPU.
at::Tensor told_values(const model::ValueModel& model, const tensor::ParameterBuffer& parameters, int64_t replica, const model::ValueRows& rows,
                       ValuesAsked asked);

// How what one replica tells of the last point changes with that point's input: [B, I], float64 on the CPU. (von Oswald et al. 2023, section 3)
at::Tensor sensitivities(const model::ValueModel& model, const tensor::ParameterBuffer& parameters, int64_t replica,
                         const model::ValueRows& rows);

// Squared errors of what was told of the same rows [1, B, T, I]: [B, T] or [B, 1].
at::Tensor squared_errors(const at::Tensor& told, const model::ValueRows& rows);

}  // namespace manabi::learn
