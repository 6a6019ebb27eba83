#include "app/verbs/train/training.h"

#include <algorithm>

#include "model/network/save_network.h"
#include "tensor/device.h"

namespace manabi::app {
namespace {

constexpr int64_t kHeldOutRows = 256;
constexpr int64_t kPointsOfCurve = 200;

}  // namespace

Training::Training(const TrainOptions& options, const TrainingData& data, const base::Json& made_of, int64_t threads)
    : network_(options.network(data.tokenizer->size()), plan_),
      parameters_(plan_, 1, at::TensorOptions(tensor::parse_device(options.device)).dtype(at::kFloat)),
      objective_(network_, {data.train}),
      held_out_({data.held_out}),
      trainer_(parameters_, objective_,
               {.batch = options.batch,
                .schedule = options.schedule(),
                .lr = {options.lr},
                .clip_norm = options.clip,
                .optimiser = {.beta2 = 0.95, .weight_decay = options.weight_decay},
                .threads = threads}),
      run_(
          parameters_, trainer_,
          {.steps = options.steps, .curve_every = std::max<int64_t>(1, options.steps / kPointsOfCurve), .title = data.title, .made_of = made_of},
          std::filesystem::path(options.output) / learn::kTrainingStateFile) {
  parameters_.initialise(0, static_cast<uint64_t>(options.seed));
  run_.resume();
  if (steps_done() == 0) run_.save();
}

double Training::held_out_loss() const { return learn::judge_tokens(network_, parameters_, held_out_, kHeldOutRows)[0]; }

void Training::save(const std::filesystem::path& folder) const { model::save_network(network_, parameters_, 0, folder); }

}  // namespace manabi::app
