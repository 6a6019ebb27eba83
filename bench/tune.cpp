// Seconds a step of tuning a checkpoint on random tokens, as the peer's script measures it: rows of one length, the loss on their last token.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include "base/random.h"
#include "learn/training/trainer.h"
#include "learn/tuning/run/tuning_objective.h"
#include "model/checkpoint.h"
#include "tensor/device.h"

namespace manabi {
namespace {

std::map<std::string, std::string> parse_words(int count, char** words) {
  std::map<std::string, std::string> option = {{"model", ""}, {"virtual", "100"}, {"length", "48"}, {"batch", "16"}, {"steps", "5"},
                                               {"rank", "8"}, {"prompts", "1"},   {"threads", "2"}, {"parts", "0"},  {"dtype", "float32"}};
  for (int i = 2; i + 1 < count; i += 2) option[std::string(words[i]).substr(2)] = words[i + 1];
  return option;
}

model::TunedParts parts_of(const std::string& method, int64_t length, int64_t rank, int64_t replicas) {
  const std::vector<int64_t> lengths(static_cast<size_t>(replicas), length);
  if (method == "prompt") return {.prompt = model::SoftPromptParts{.lengths = lengths}};
  if (method == "p-tuning") return {.prompt = model::SoftPromptParts{.lengths = lengths, .encoder = model::PromptEncoder::mlp}};
  if (method == "prefix") return {.prefix = model::PrefixParts{.lengths = lengths}};
  if (method == "lora") return {.lora = model::LoraParts{.rank = rank}};
  return {.biases = method == "bitfit", .weights = method == "full"};
}

int run(const std::string& method, std::map<std::string, std::string> option) {
  const auto number = [&](const char* name) { return std::atoll(option[name].c_str()); };
  tensor::keep_freed_memory();
  tensor::set_threads(static_cast<int>(number("threads")));
  const int64_t replicas = number("prompts"), batch = number("batch"), steps = number("steps");
  std::shared_ptr<const model::FrozenNetwork> frozen;
  {
    const model::Checkpoint checkpoint = model::open_checkpoint(option["model"], {});
    frozen = checkpoint.lm->frozen(tensor::parse_dtype(option["dtype"]));
  }
  const model::TunedNetwork network(frozen, parts_of(method, number("virtual"), number("rank"), replicas));
  tensor::ParameterBuffer parameters(network.plan(), replicas, at::kFloat);
  for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  network.initialise_copies(parameters);

  base::Rng rng(1);
  auto items = std::make_shared<std::vector<learn::TuningItem>>();
  for (int64_t row = 0; row < batch; ++row) {
    learn::TuningItem& item = items->emplace_back();
    for (int64_t i = 0; i < number("length"); ++i) item.tokens.push_back(static_cast<text::TokenId>(1000 + rng.below(39'000)));
    item.asked_from = number("length") - 1;
  }
  std::vector<learn::TuningData> data;
  for (int64_t replica = 0; replica < replicas; ++replica)
    data.push_back({.items = items, .order = learn::shuffled_epochs(batch, (steps + 1) * batch, base::Rng(2))});
  // As learn::Tuning does: rows that stand in front of all are computed by one part.
  const int64_t usual = network.parts().prompt && replicas == 1 ? 1 : number("threads"), parts = number("parts") > 0 ? number("parts") : usual;
  const learn::TuningObjective objective(network, data);
  learn::Trainer trainer(parameters, objective,
                         {.batch = batch, .lr = std::vector<double>(static_cast<size_t>(replicas), 1e-3), .threads = parts});
  std::vector<double> seconds;
  double first = 0, last = 0;
  for (int64_t step = 0; step <= steps; ++step) {
    const auto begin = std::chrono::steady_clock::now();
    last = trainer.step()[0].loss;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (step == 0) first = last;
  }
  std::sort(seconds.begin() + 1, seconds.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{{\"s_per_step\": {:.3f}, \"peak_mib\": {}, \"trainable\": {}, \"first_loss\": {:.4f}, \"last_loss\": {:.4f}}}\n",
             seconds[1 + static_cast<size_t>(steps) / 2], usage.ru_maxrss / 1024, parameters.parameter_count(), first, last);
  return 0;
}

}  // namespace
}  // namespace manabi

int main(int count, char** words) {
  if (count < 2) {
    fmt::print(stderr, "usage: bench_tune prompt|p-tuning|prefix|lora|bitfit|full --model PATH [--virtual N] [--dtype float32|bfloat16] ...\n");
    return 2;
  }
  return manabi::run(words[1], manabi::parse_words(count, words));
}
