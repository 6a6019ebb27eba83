#include "study/training/value_runs.h"

namespace manabi::study {

// Found by the template through their argument, which looks into no unnamed namespace.
static std::unique_ptr<model::ValueModel> make_model(const ValueRunPlan& plan, tensor::ParameterPlan& declared) { return plan.model(declared); }

static std::unique_ptr<learn::Objective> make_objective(const ValueRunPlan& plan, const model::ValueModel& model, at::TensorOptions options) {
  learn::ValueWorlds worlds;
  for (const ValueReplica& replica : plan.replicas) worlds.push_back(replica.world);
  return std::make_unique<learn::ValueObjective>(model, std::move(worlds), plan.loss, options);
}

int64_t cost_of(const ValueRunPlan& plan, int64_t replicas) { return replicas * plan.steps * plan.batch * plan.tokens * plan.token_cost; }

std::unique_ptr<ValueTraining> train_values(const ValueRunPlan& plan, const MeasureValues& measure, const Equipment& equipment,
                                            lab::Workbench& bench) {
  return train_networks(plan, measure, equipment, bench);
}

}  // namespace manabi::study
