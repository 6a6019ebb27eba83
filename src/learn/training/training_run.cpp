#include "learn/training/training_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/format/safetensors.h"

namespace manabi::learn {
namespace {

std::string dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return "F32";
    case at::kDouble:
      return "F64";
    case at::kLong:
      return "I64";
    default:
      TORCH_CHECK(false, "training state of ", tensor.toString());
  }
}

struct NamedTensor {
  std::string name;
  at::Tensor tensor;  // on the CPU, contiguous
};

void write(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors, const TrainingPlan& plan, int64_t parameters) {
  std::vector<base::SafetensorsInput> inputs;
  for (const NamedTensor& named : tensors) {
    inputs.push_back({.name = named.name,
                      .dtype = dtype_of(named.tensor),
                      .shape = named.tensor.sizes().vec(),
                      .bytes = {static_cast<const std::byte*>(named.tensor.const_data_ptr()), static_cast<size_t>(named.tensor.nbytes())}});
  }
  std::map<std::string, std::string> metadata = {{"format", "pt"}, {"made_of", plan.made_of.dump()}, {"parameters", std::to_string(parameters)}};
  if (!plan.title.empty()) metadata["title"] = plan.title;
  base::write_safetensors(file.string(), inputs, metadata);
}

// The keys in which two descriptions differ, with both values.
std::string differences(const base::Json& found, const base::Json& wanted) {
  std::vector<std::string> lines;
  const auto text = [](const base::Json& object, const std::string& key) {
    return object.contains(key) ? object[key].dump() : std::string("nothing");
  };
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
      throw base::Error(
          {.where = file_.path() + ", " + name,
           .given = entry == entries.end() ? "no such tensor" : fmt::format("{} [{}]", entry->dtype, fmt::join(entry->shape, ", ")),
           .expected = fmt::format("{} [{}]", dtype_of(target), fmt::join(target.sizes().vec(), ", ")),
           .hint = "remove the file to begin anew"});
    at::Tensor copy = at::empty(target.sizes(), target.options().device(at::kCPU));
    if (!entry->bytes.empty()) std::memcpy(copy.data_ptr(), entry->bytes.data(), entry->bytes.size());
    target.copy_(copy);
  }

  std::vector<int64_t> shape_of(const std::string& name) const {
    const auto& entries = file_.entries();
    const auto entry = std::ranges::find(entries, name, &base::SafetensorsEntry::name);
    return entry == entries.end() ? std::vector<int64_t>() : entry->shape;
  }

 private:
  base::SafetensorsFile file_;
};

at::Tensor tensor_of(const std::vector<std::vector<double>>& rows) {
  const auto count = static_cast<int64_t>(rows.size()), width = rows.empty() ? 0 : static_cast<int64_t>(rows.front().size());
  const at::Tensor tensor = at::empty({count, width}, at::kDouble);
  for (int64_t row = 0; row < count; ++row) std::ranges::copy(rows[static_cast<size_t>(row)], tensor.data_ptr<double>() + row * width);
  return tensor;
}

std::vector<std::vector<double>> rows_of(const at::Tensor& tensor) {
  std::vector<std::vector<double>> rows;
  const double* value = tensor.const_data_ptr<double>();
  for (int64_t row = 0; row < tensor.size(0); ++row, value += tensor.size(1)) rows.emplace_back(value, value + tensor.size(1));
  return rows;
}

// [measurements, R, quantities]; their steps are the first ones of the plan.
at::Tensor tensor_of(const std::vector<Measurement>& measurements) {
  std::vector<at::Tensor> all;
  for (const Measurement& measurement : measurements) all.push_back(tensor_of(measurement.values));
  return all.empty() ? at::zeros({0, 0, 0}, at::kDouble) : at::stack(all);
}

std::vector<Measurement> measurements_of(const at::Tensor& tensor, const std::vector<int64_t>& steps) {
  std::vector<Measurement> measurements;
  for (int64_t i = 0; i < tensor.size(0); ++i) measurements.push_back({.step = steps.at(static_cast<size_t>(i)), .values = rows_of(tensor[i])});
  return measurements;
}

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
  const TrainerState state = trainer_.state();
  std::vector<NamedTensor> tensors = {{"values", parameters_.values().cpu()},
                                      {"optimiser.steps", state.optimiser_steps},
                                      {"diverged_at", at::tensor(state.diverged_at, at::kLong)},
                                      {"step", at::tensor({state.step}, at::kLong)},
                                      {"curves", tensor_of(curves_)},
                                      {"curve_sums", at::tensor(sums_, at::kDouble)},
                                      {"measured", tensor_of(measurements_)}};
  if (state.optimiser_means.defined()) tensors.push_back({"optimiser.means", state.optimiser_means.cpu()});
  write(state_file_, tensors, plan_, parameters_.parameter_count());
}

void TrainingRun::resume() {
  if (!std::filesystem::exists(state_file_)) return;
  const StateFile file(state_file_);
  if (const base::Json found = file.made_of(); found != plan_.made_of)
    throw base::Error({.where = state_file_.string(),
                       .given = "the state of another training",
                       .expected = differences(found, plan_.made_of),
                       .hint = "remove the file to begin anew, or take another folder"});
  const auto replicas = static_cast<int64_t>(curves_.size());
  TrainerState state = trainer_.state();
  const at::Tensor step = at::zeros({1}, at::kLong), diverged_at = at::zeros({replicas}, at::kLong);
  const at::Tensor curves = at::zeros(file.shape_of("curves"), at::kDouble), sums = at::zeros({replicas}, at::kDouble);
  const at::Tensor measured = at::zeros(file.shape_of("measured"), at::kDouble);
  file.read_into("values", parameters_.values());
  file.read_into("optimiser.steps", state.optimiser_steps);
  if (state.optimiser_means.defined()) file.read_into("optimiser.means", state.optimiser_means);
  file.read_into("step", step);
  file.read_into("diverged_at", diverged_at);
  file.read_into("curves", curves);
  file.read_into("curve_sums", sums);
  file.read_into("measured", measured);
  state.step = step.item<int64_t>();
  state.diverged_at.assign(diverged_at.const_data_ptr<int64_t>(), diverged_at.const_data_ptr<int64_t>() + replicas);
  trainer_.set_state(state);
  sums_.assign(sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + replicas);
  curves_ = rows_of(curves);
  measurements_ = measurements_of(measured, plan_.measured_after);
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

void TrainingRun::measure_if_due(const Measure& measure) {
  const size_t next = measurements_.size();
  if (!measure || next >= plan_.measured_after.size() || plan_.measured_after[next] != trainer_.steps_done()) return;
  measurements_.push_back({.step = trainer_.steps_done(), .values = measure()});
}

void TrainingRun::train_to(int64_t step, const base::Watch& watch, const Measure& measure) {
  const int64_t last = std::min(step, plan_.steps);
  double saved_at = seconds_now();
  if (trainer_.steps_done() == 0) measure_if_due(measure);
  while (trainer_.steps_done() < last) {
    note_losses(trainer_.step());
    measure_if_due(measure);
    watch.advance(1);
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
