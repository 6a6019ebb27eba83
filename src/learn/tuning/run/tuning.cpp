#include "learn/tuning/run/tuning.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/format/safetensors.h"

namespace manabi::learn {
namespace {

constexpr int64_t kCurveEvery = 5;  // steps that one point of the loss curve averages

// Parts of a step would each compute the rows that stand in front of all: one part does, and the threads share its products.
bool reads_one_prompt(const TuningPlan& plan) { return plan.parts.prompt && plan.parts.prompt->stands_in_front && plan.lr.size() == 1; }

TrainerOptions trainer_options(const TuningPlan& plan) {
  return {.batch = plan.batch,
          .schedule = plan.schedule,
          .lr = plan.lr,
          .clip_norm = plan.clip_norm,
          .optimiser = plan.optimiser,
          .threads = reads_one_prompt(plan) ? 1 : plan.threads};
}

void check(const TuningPlan& plan) {
  if (plan.dev.empty() && !plan.measured_after.empty() && !plan.measure)
    throw base::Error({.given = "steps at which something is measured", .expected = "what is measured then"});
  if (plan.schedule.steps < 1) throw base::Error({.where = "steps", .given = std::to_string(plan.schedule.steps), .expected = "at least 1"});
  if (plan.seeds.size() != plan.lr.size() || plan.data.size() != plan.lr.size() || plan.lr.empty())
    throw base::Error(
        {.given = fmt::format("{} learning rates, {} seeds, {} orders of data", plan.lr.size(), plan.seeds.size(), plan.data.size()),
         .expected = "one of each for every replica"});
  for (const TuningData& data : plan.data)
    if (std::ssize(data.order) < plan.schedule.steps * plan.batch)
      throw base::Error({.given = fmt::format("an order of {} places", data.order.size()),
                         .expected = fmt::format("one for each of {} steps of {}", plan.schedule.steps, plan.batch)});
}

TuningPlan checked(TuningPlan plan) {
  check(plan);
  return plan;
}

// The values of every replica at its best step, from their file.
at::Tensor read_best(const std::filesystem::path& file, const at::Tensor& like) {
  const base::SafetensorsFile stored(file.string());
  at::Tensor values = at::empty(like.sizes(), at::kFloat);
  std::memcpy(values.data_ptr(), stored.entries().front().bytes.data(), stored.entries().front().bytes.size());
  return values;
}

}  // namespace

std::vector<int64_t> Tuning::judged_after(const TuningPlan& plan) {
  std::vector<int64_t> steps;
  if (plan.dev.empty()) return plan.measured_after;
  for (int64_t step = plan.judged_every; step < plan.schedule.steps; step += plan.judged_every) steps.push_back(step);
  steps.push_back(plan.schedule.steps);
  return steps;
}

int64_t Tuning::bytes(const std::shared_ptr<const model::FrozenNetwork>& network, const TuningPlan& plan) {
  constexpr int64_t kValues = 1, kMeans = 2, kBytes = sizeof(float);
  const model::TunedNetwork tuned(network, plan.parts);
  int64_t numbers = 0;
  for (const tensor::ParameterShape& shape : tuned.plan().shapes())
    numbers += std::accumulate(shape.sizes.begin(), shape.sizes.end(), int64_t{1}, std::multiplies<>());
  const int64_t replicas = std::ssize(plan.lr), threads = std::max<int64_t>(1, trainer_options(plan).threads);
  const int64_t gradients = replicas % threads == 0 ? 1 : std::min(threads, plan.batch);  // as Trainer splits a step
  const int64_t best = plan.dev.empty() ? 0 : kValues;
  return kBytes * numbers * replicas * (kValues + kMeans + best + gradients);
}

Tuning::Tuning(std::shared_ptr<const model::FrozenNetwork> network, TuningPlan plan, const std::filesystem::path& folder,
               const SetFirstValues& set_first_values)
    : plan_(checked(std::move(plan))),
      network_(std::move(network), plan_.parts),
      parameters_(network_.plan(), std::ssize(plan_.lr), at::TensorOptions(network_.frozen().embedding.device()).dtype(at::kFloat)),
      objective_(network_, plan_.data),
      trainer_(parameters_, objective_, trainer_options(plan_)),
      run_(parameters_, trainer_,
           {.steps = plan_.schedule.steps,
            .measured_after = judged_after(plan_),
            .curve_every = kCurveEvery,
            .title = plan_.title,
            .made_of = plan_.made_of},
           folder / kTrainingStateFile),
      best_file_(folder / kBestFile),
      best_(plan_.lr.size()) {
  for (int64_t replica = 0; replica < parameters_.replicas(); ++replica)
    parameters_.initialise(replica, plan_.seeds[static_cast<size_t>(replica)]);
  network_.initialise_copies(parameters_);
  if (set_first_values) set_first_values(parameters_);
  run_.resume();
}

std::vector<std::vector<double>> Tuning::judge_all() {
  std::vector<std::vector<double>> measured;
  const tensor::ParameterLeaves leaves(parameters_);
  for (int64_t replica = 0; replica < parameters_.replicas(); ++replica) {
    const auto scores = scores_of(network_, leaves, replica, plan_.dev, plan_.token_budget);
    const Judgement judgement = judge(scores, plan_.dev);
    measured.push_back({judgement.accuracy, judgement.loss});
  }
  return measured;
}

// What was measured so far says which step is best; its values lie in a file that is written before the state which holds the measurement.
void Tuning::keep_best(const std::vector<std::vector<double>>& measured) {
  bool is_any_better = false;
  const int64_t step = trainer_.steps_done();
  at::Tensor values =
      std::filesystem::exists(best_file_) ? read_best(best_file_, parameters_.values()) : at::empty(parameters_.values().sizes(), at::kFloat);
  for (size_t replica = 0; replica < measured.size(); ++replica) {
    const Judgement now = {.accuracy = measured[replica][0], .loss = measured[replica][1]};
    if (best_[replica].best_step > 0 && !is_better(now, best_[replica].best)) continue;
    best_[replica].best_step = step;
    best_[replica].best = now;
    values[static_cast<int64_t>(replica)].copy_(parameters_.values()[static_cast<int64_t>(replica)]);
    is_any_better = true;
  }
  if (!is_any_better) return;
  const base::SafetensorsInput input{.name = "values",
                                     .dtype = "F32",
                                     .shape = values.sizes().vec(),
                                     .bytes = {static_cast<const std::byte*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())}};
  base::write_safetensors(best_file_.string(), {&input, 1});
}

// What was kept before a cut follows from the measurements that the state holds.
void Tuning::recall_best() {
  if (plan_.dev.empty()) return;
  if (!run_.measurements().empty() && !std::filesystem::exists(best_file_))
    throw base::Error({.where = best_file_.string(),
                       .given = "no such file beside a state that was judged",
                       .expected = "the values of the best step so far",
                       .hint = "remove the state too, to begin anew"});
  for (const Measurement& measurement : run_.measurements()) {
    for (size_t replica = 0; replica < best_.size(); ++replica) {
      const Judgement then = {.accuracy = measurement.values[replica][0], .loss = measurement.values[replica][1]};
      if (best_[replica].best_step > 0 && !is_better(then, best_[replica].best)) continue;
      best_[replica].best_step = measurement.step;
      best_[replica].best = then;
    }
  }
}

void Tuning::run(const base::Watch& watch, int64_t noted_every) {
  recall_best();
  const Measure measure_now = [&] {
    if (plan_.dev.empty()) return plan_.measure(network_, parameters_);
    std::vector<std::vector<double>> judged = judge_all();
    keep_best(judged);
    return judged;
  };
  // Where the loss curve has a point.
  const int64_t last = plan_.schedule.steps, every = noted_every > 0 ? (noted_every + kCurveEvery - 1) / kCurveEvery * kCurveEvery : last;
  // What is measured on the way is measured of replicas at rest too.
  while (trainer_.steps_done() < last && (plan_.dev.empty() || !is_all_diverged())) {
    run_.train_to((trainer_.steps_done() / every + 1) * every, watch, measure_now);
    if (noted_every > 0) watch.note(line_of_progress());
  }
  take_best();
}

void Tuning::take_best() {
  for (size_t replica = 0; replica < best_.size(); ++replica) best_[replica].diverged_at = trainer_.diverged_at(static_cast<int64_t>(replica));
  if (plan_.dev.empty()) {
    for (TunedReplica& replica : best_) replica.best_step = plan_.schedule.steps;
    return;
  }
  if (!std::filesystem::exists(best_file_)) return;  // all diverged before they were first judged: the values of the last good step stay
  parameters_.values().copy_(read_best(best_file_, parameters_.values()));
}

std::string Tuning::line_of_progress() const {
  std::string line = fmt::format("step {:>5}  loss", trainer_.steps_done());
  for (int64_t replica = 0; replica < parameters_.replicas(); ++replica) line += fmt::format(" {:.4f}", last_loss(replica));
  if (plan_.dev.empty() || run_.measurements().empty()) return line;
  line += "  dev";
  for (const std::vector<double>& values : run_.measurements().back().values) line += fmt::format(" {:.1f} %", 100 * values[0]);
  return line;
}

double Tuning::last_loss(int64_t replica) const {
  const std::vector<double>& curve = run_.curves()[static_cast<size_t>(replica)];
  return curve.empty() ? 0 : curve.back();
}

bool Tuning::is_all_diverged() const {
  for (int64_t replica = 0; replica < parameters_.replicas(); ++replica)
    if (!trainer_.has_diverged(replica)) return false;
  return true;
}

std::vector<TunedReplica> Tuning::replicas() const { return best_; }

}  // namespace manabi::learn
