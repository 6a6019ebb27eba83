#include "study/training/pair_runs.h"

namespace manabi::study {

// Found by the template through their argument, which looks into no unnamed namespace.
static std::unique_ptr<model::PairModel> make_model(const PairRunPlan& plan, tensor::ParameterPlan& declared) {
  return plan.model(declared, plan.replicas);
}

static std::unique_ptr<learn::Objective> make_objective(const PairRunPlan& plan, const model::PairModel& model, at::TensorOptions options) {
  learn::PairWorlds worlds;
  for (const PairReplica& replica : plan.replicas) worlds.push_back(replica.world);
  if (plan.asks_every)
    return std::make_unique<learn::EveryPairObjective>(dynamic_cast<const model::EveryPairModel&>(model), std::move(worlds), options);
  return std::make_unique<learn::PairObjective>(model, std::move(worlds), options);
}

int64_t cost_of(const PairRunPlan& plan, int64_t replicas) {
  return replicas * plan.steps * plan.batch * (2 * plan.pairs + 1) * plan.token_cost;
}

PairRunResult train_pairs(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench) {
  return train_networks(plan, measure, equipment, bench)->result();
}

}  // namespace manabi::study
