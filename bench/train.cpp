// Steady tokens per second of the plain GPT on random tokens, as the peers' scripts measure it: 10 steps of warm-up, then `steps`.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include "learn/training/trainer.h"
#include "model/network/token_network.h"
#include "tensor/device.h"

namespace manabi {
namespace {

// Eight batches [R, B, T + 1] in turn; every position's next token is its target.
class NextToken final : public learn::Objective {
 public:
  NextToken(const model::TokenNetwork& network, std::vector<at::Tensor> batches) : network_(network), batches_(std::move(batches)) {}

  at::Tensor losses(const tensor::ParameterLeaves& parameters, const learn::BatchShare& share) const override {
    const at::Tensor rows = batches_[static_cast<size_t>(share.step) % batches_.size()]
                                .narrow(0, share.first_replica, share.replicas)
                                .narrow(1, share.first_row, share.rows);
    const int64_t length = rows.size(2) - 1;
    const at::Tensor logits = network_.logits(parameters, rows.narrow(2, 0, length));
    const double weight = 1.0 / static_cast<double>(share.batch * length);
    return tensor::cross_entropy_(logits, rows.narrow(2, 1, length).flatten(1),
                                  std::vector<double>(static_cast<size_t>(share.replicas), weight));
  }

 private:
  const model::TokenNetwork& network_;
  std::vector<at::Tensor> batches_;
};

int run(std::map<std::string, int64_t> option) {
  tensor::set_threads(static_cast<int>(option["threads"]));
  const int64_t replicas = option["seeds"], batch = option["batch"], length = option["context"];
  tensor::ParameterPlan plan;
  const model::TokenNetwork network({.decoder = {.layers = option["layers"], .width = option["width"], .heads = option["heads"]},
                                     .vocabulary = option["vocab"],
                                     .context = length},
                                    plan);
  tensor::ParameterBuffer parameters(plan, replicas, at::kFloat);
  for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  at::manual_seed(0);
  std::vector<at::Tensor> batches;
  for (int i = 0; i < 8; ++i) batches.push_back(at::randint(option["vocab"], {replicas, batch, length + 1}, at::kLong));
  const NextToken objective(network, std::move(batches));
  learn::Trainer trainer(parameters, objective,
                         {.batch = batch,
                          .lr = std::vector<double>(static_cast<size_t>(replicas), 1e-3),
                          .clip_norm = 1,
                          .optimiser = {.beta2 = 0.95, .weight_decay = 0.01},
                          .threads = option["threads"]});
  constexpr int64_t kWarm = 10;
  double first = 0, last = 0;
  auto begin = std::chrono::steady_clock::now();
  for (int64_t step = 0; step < kWarm + option["steps"]; ++step) {
    if (step == kWarm) begin = std::chrono::steady_clock::now();
    last = trainer.step()[0].loss;
    if (step == 0) first = last;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{{\"tokens_per_s\": {:.0f}, \"ms_per_step\": {:.3f}, \"first_loss\": {:.4f}, \"last_loss\": {:.4f}}}\n",
             static_cast<double>(option["steps"] * batch * length * replicas) / seconds, 1e3 * seconds / static_cast<double>(option["steps"]),
             first, last);
  return 0;
}

}  // namespace
}  // namespace manabi

int main(int argc, char** argv) {
  std::map<std::string, int64_t> option = {{"layers", 2}, {"width", 64}, {"heads", 1}, {"context", 32}, {"batch", 32},
                                           {"vocab", 64}, {"steps", 30}, {"seeds", 1}, {"threads", 2}};
  for (int i = 1; i + 1 < argc; i += 2) option[std::string(argv[i]).substr(2)] = std::atoll(argv[i + 1]);
  return manabi::run(option);
}
