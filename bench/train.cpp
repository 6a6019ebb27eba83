// Steady tokens per second of the plain GPT on random tokens, as the peers' scripts measure it: 10 steps of warm-up, then `steps`.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include "base/random.h"
#include "learn/training/token_training.h"
#include "tensor/device.h"

namespace manabi {
namespace {

int run(std::map<std::string, int64_t> option) {
  tensor::keep_freed_memory();
  tensor::set_threads(static_cast<int>(option["threads"]));
  const int64_t replicas = option["seeds"], batch = option["batch"], length = option["context"];
  tensor::ParameterPlan plan;
  const model::TokenNetwork network(
      {.decoder = {.layers = option["layers"],
                   .width = option["width"],
                   .heads = option["heads"],
                   .products = option["bits"] == 16 ? tensor::ProductFormat::bfloat16 : tensor::ProductFormat::unrounded},
       .vocabulary = option["vocab"],
       .context = length},
      plan);
  const at::TensorOptions compute = at::TensorOptions(tensor::parse_device(option["gpu"] ? "cuda" : "cpu")).dtype(at::kFloat);
  tensor::ParameterBuffer parameters(plan, replicas, compute);
  for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  learn::TokenWorlds worlds;
  for (int64_t replica = 0; replica < replicas; ++replica) {
    base::Rng rng = base::Rng(static_cast<uint64_t>(replica)).child("tokens");
    auto tokens = std::make_shared<std::vector<int32_t>>(8 * batch * (length + 1));
    for (int32_t& token : *tokens) token = static_cast<int32_t>(rng.below(static_cast<uint64_t>(option["vocab"])));
    worlds.push_back(std::make_shared<world::TextWorld>(tokens, option["vocab"], length, 0));
  }
  const learn::TokenObjective objective(network, worlds);
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
  std::map<std::string, int64_t> option = {{"layers", 2}, {"width", 64}, {"heads", 1},   {"context", 32}, {"batch", 32}, {"vocab", 64},
                                           {"steps", 30}, {"seeds", 1},  {"threads", 2}, {"bits", 32},    {"gpu", 0}};
  for (int i = 1; i + 1 < argc; i += 2) option[std::string(argv[i]).substr(2)] = std::atoll(argv[i + 1]);
  return manabi::run(option);
}
