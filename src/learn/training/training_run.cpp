#include "learn/training/training_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/format/safetensors.h"

namespace manabi::learn {
namespace {

constexpr int64_t kStepsBetweenLooks = 16;  // at the clock and for a cancellation

std::string dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat: return "F32";
    case at::kDouble: return "F64";
    case at::kLong: return "I64";
    default: TORCH_CHECK(false, "training state of ", tensor.toString());
  }
}

struct NamedTensor {
  std::string name;
  at::Tensor tensor;  // on the CPU, contiguous
};

void write(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors, const base::Json& made_of) {
  std::vector<base::SafetensorsInput> inputs;
  for (const NamedTensor& named : tensors) {
    inputs.push_back({.name = named.name,
                      .dtype = dtype_of(named.tensor),
                      .shape = named.tensor.sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(named.tensor.const_data_ptr()), static_cast<size_t>(named.tensor.nbytes())}});
  }
  base::write_safetensors(file.string(), inputs, {{"format", "pt"}, {"made_of", made_of.dump()}});
}

// The keys in which two descriptions differ, with both values.
std::string differences(const base::Json& found, const base::Json& wanted) {
  std::vector<std::string> lines;
  const auto text = [](const base::Json& object, const std::string& key) { return object.contains(key) ? object[key].dump() : std::string("nothing"); };
  base::Json keys = wanted;
  keys.update(found);
  for (const auto& [key, value] : keys.items())
    if (text(found, key) != text(wanted, key)) lines.push_back(fmt::format("{}: {} there, {} here", key, text(found, key), text(wanted, key)));
  return fmt::format("{}", fmt::join(lines, "; "));
}

class StateFile {
 public:
  explicit StateFile(const std::filesystem::path& path) : file_(path.string()) {}

  base::Json made_of() const {
    const auto found = file_.metadata().find("made_of");
    if (found == file_.metadata().end()) throw base::Error({.where = file_.path(), .given = "no description", .expected = "a training's state"});
    return base::Json::parse(found->second);
  }

  void read_into(const std::string& name, at::Tensor target) const {
    const auto& entries = file_.entries();
    const auto entry = std::ranges::find(entries, name, &base::SafetensorsEntry::name);
    if (entry == entries.end() || entry->shape != target.sizes().vec() || entry->dtype != dtype_of(target))
      throw base::Error({.where = file_.path() + ", " + name,
                         .given = entry == entries.end() ? "no such tensor" : fmt::format("{} [{}]", entry->dtype, fmt::join(entry->shape, ", ")),
                         .expected = fmt::format("{} [{}]", dtype_of(target), fmt::join(target.sizes().vec(), ", ")),
                         .hint = "remove the file to begin anew"});
    at::Tensor copy = at::empty(target.sizes(), target.options().device(at::kCPU));
    std::memcpy(copy.data_ptr(), entry->bytes.data(), entry->bytes.size());
    target.copy_(copy);
  }

  int64_t length_of(const std::string& name) const {
    const auto& entries = file_.entries();
    const auto entry = std::ranges::find(entries, name, &base::SafetensorsEntry::name);
    return entry == entries.end() || entry->shape.empty() ? 0 : entry->shape.back();
  }

 private:
  base::SafetensorsFile file_;
};

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

TrainingRun::TrainingRun(tensor::ParameterBuffer& parameters, Trainer& trainer, TrainingPlan plan, std::filesystem::path state_file)
    : parameters_(parameters),
      trainer_(trainer),
      plan_(std::move(plan)),
      state_file_(std::move(state_file)),
      curves_(static_cast<size_t>(parameters.replicas())),
      sums_(static_cast<size_t>(parameters.replicas())) {}

void TrainingRun::save() const {
  const auto replicas = static_cast<int64_t>(curves_.size()), points = static_cast<int64_t>(curves_.front().size());
  const at::Tensor curves = at::empty({replicas, points}, at::kDouble);
  for (int64_t replica = 0; replica < replicas; ++replica)
    std::ranges::copy(curves_[static_cast<size_t>(replica)], curves.data_ptr<double>() + replica * points);
  const TrainerState state = trainer_.state();
  std::vector<NamedTensor> tensors = {{"values", parameters_.values().cpu()},
                                      {"optimiser.steps", state.optimiser_steps},
                                      {"diverged_at", at::tensor(state.diverged_at, at::kLong)},
                                      {"step", at::tensor({state.step}, at::kLong)},
                                      {"curves", curves},
                                      {"curve_sums", at::tensor(sums_, at::kDouble)}};
  if (state.optimiser_means.defined()) tensors.push_back({"optimiser.means", state.optimiser_means.cpu()});
  write(state_file_, tensors, plan_.made_of);
}

void TrainingRun::resume() {
  if (!std::filesystem::exists(state_file_)) return;
  const StateFile file(state_file_);
  if (const base::Json found = file.made_of(); found != plan_.made_of)
    throw base::Error({.where = state_file_.string(),
                       .given = "the state of another training",
                       .expected = differences(found, plan_.made_of),
                       .hint = "remove the file to begin anew, or take another folder"});
  const auto replicas = static_cast<int64_t>(curves_.size()), points = file.length_of("curves");
  TrainerState state = trainer_.state();
  const at::Tensor step = at::zeros({1}, at::kLong), diverged_at = at::zeros({replicas}, at::kLong);
  const at::Tensor curves = at::zeros({replicas, points}, at::kDouble), sums = at::zeros({replicas}, at::kDouble);
  file.read_into("values", parameters_.values());
  file.read_into("optimiser.steps", state.optimiser_steps);
  if (state.optimiser_means.defined()) file.read_into("optimiser.means", state.optimiser_means);
  file.read_into("step", step);
  file.read_into("diverged_at", diverged_at);
  file.read_into("curves", curves);
  file.read_into("curve_sums", sums);
  state.step = step.item<int64_t>();
  state.diverged_at.assign(diverged_at.const_data_ptr<int64_t>(), diverged_at.const_data_ptr<int64_t>() + replicas);
  trainer_.set_state(state);
  sums_.assign(sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + replicas);
  for (int64_t replica = 0; replica < replicas; ++replica) {
    const double* row = curves.const_data_ptr<double>() + replica * points;
    curves_[static_cast<size_t>(replica)].assign(row, row + points);
  }
}

void TrainingRun::note_losses(const std::vector<StepOutcome>& outcomes) {
  const bool ends_point = trainer_.steps_done() % plan_.curve_every == 0;
  for (size_t replica = 0; replica < outcomes.size(); ++replica) {
    sums_[replica] += outcomes[replica].loss;
    if (!ends_point) continue;
    curves_[replica].push_back(sums_[replica] / static_cast<double>(plan_.curve_every));
    sums_[replica] = 0;
  }
}

void TrainingRun::train_to(int64_t step, const base::Watch& watch) {
  const int64_t last = std::min(step, plan_.steps);
  double saved_at = seconds_now();
  while (trainer_.steps_done() < last) {
    note_losses(trainer_.step());
    watch.advance(1);
    if (trainer_.steps_done() % kStepsBetweenLooks != 0) continue;
    if (watch.cancel && watch.cancel->requested()) {
      save();
      throw base::Cancelled();
    }
    if (seconds_now() - saved_at < plan_.save_every_seconds) continue;
    save();
    saved_at = seconds_now();
  }
  save();
}

}  // namespace manabi::learn
