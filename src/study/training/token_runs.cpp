#include "study/training/token_runs.h"

namespace manabi::study {

// Found by the template through their argument, which looks into no unnamed namespace.
static std::unique_ptr<model::TokenNetwork> make_model(const TokenRunPlan& plan, tensor::ParameterPlan& declared) {
  return std::make_unique<model::TokenNetwork>(plan.network, declared);
}

static std::unique_ptr<learn::Objective> make_objective(const TokenRunPlan& plan, const model::TokenNetwork& network,
                                                        at::TensorOptions /*options*/) {
  learn::TokenWorlds worlds;
  for (const TokenReplica& replica : plan.replicas) worlds.push_back(replica.world);
  return std::make_unique<learn::TokenObjective>(network, std::move(worlds));
}

int64_t cost_of(const TokenRunPlan& plan, int64_t replicas) {
  const model::TokenNetworkConfig& network = plan.network;
  const int64_t width = network.decoder.width, length = network.context;
  const int64_t outputs = network.outputs > 0 ? network.outputs : network.vocabulary;
  const int64_t of_block = (4 + 2 * network.decoder.mlp_ratio) * width * width + length * width;
  const int64_t of_token = 3 * (network.decoder.layers * of_block + outputs * width);
  return replicas * plan.steps * (plan.batch * length * of_token / 1'000'000);
}

std::unique_ptr<TokenTraining> train_tokens(const TokenRunPlan& plan, const MeasureTokens& measure, const Equipment& equipment,
                                            lab::Workbench& bench) {
  return train_networks(plan, measure, equipment, bench);
}

}  // namespace manabi::study
