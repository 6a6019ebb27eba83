// What the trainings of all kinds of networks share: from a plan to a finished training, which is an artifact that later runs read.
//
// A Plan is an aggregate with the members that TokenRunPlan has, and three functions beside it:
//   std::unique_ptr<Plan::Model> make_model(const Plan&, tensor::ParameterPlan& declared);
//   std::unique_ptr<learn::Objective> make_objective(const Plan&, const Plan::Model&, at::TensorOptions);
//   int64_t cost_of(const Plan&, int64_t replicas);
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "lab/study.h"
#include "learn/training/training_run.h"
#include "study/equipment.h"

namespace manabi::study {

// Initial parameters that another training left, replica by replica: those whose names begin with `prefix`, which both models have.
template <class Plan, class MeasureNetworks>
struct NetworkSource {
  std::shared_ptr<const Plan> plan;  // of that training, with as many replicas
  MeasureNetworks measure;
  std::string prefix;
  bool stays_frozen = true;
};

struct NetworkRunResult {
  std::vector<std::vector<double>> curves;       // [R][points], mean loss over curve_every steps
  std::vector<learn::Measurement> measurements;  // in the order of the plan
  std::vector<int64_t> diverged_at;              // [R], -1: it has not
  int64_t curve_every = 100;
};

// Everything that lives while some replicas train, and afterwards: the networks themselves.
template <class Plan>
class NetworkTraining {
 public:
  NetworkTraining(const Plan& plan, const Equipment& equipment, const base::Json& made_of, const std::filesystem::path& state_file)
      : model_(declared(plan)),
        parameters_(declared_, std::ssize(plan.replicas), at::TensorOptions(equipment.compute().device).dtype(equipment.compute().dtype)),
        objective_(make_objective(plan, *model_, parameters_.values().options())),
        trainer_(parameters_, *objective_, options_of(plan, equipment)),
        run_(parameters_, trainer_, {.steps = plan.steps, .measured_after = plan.measured_after, .made_of = made_of}, state_file) {
    for (int64_t replica = 0; replica < parameters_.replicas(); ++replica)
      parameters_.initialise(replica, plan.replicas[static_cast<size_t>(replica)].seed);
  }

  learn::TrainingRun& run() { return run_; }
  // Parameters of the same names, from there.
  void take(const NetworkTraining& source, const std::string& prefix) {
    for (const tensor::ParameterShape& shape : parameters_.shapes())
      if (shape.name.starts_with(prefix)) parameters_.view(shape.name).copy_(source.parameters_.view(shape.name));
  }
  const typename Plan::Model& model() const { return *model_; }
  const tensor::ParameterBuffer& parameters() const { return parameters_; }
  NetworkRunResult result() const {
    return {.curves = run_.curves(),
            .measurements = run_.measurements(),
            .diverged_at = trainer_.state().diverged_at,
            .curve_every = run_.plan().curve_every};
  }

 private:
  std::unique_ptr<typename Plan::Model> declared(const Plan& plan) {
    auto model = make_model(plan, declared_);
    for (const auto& source : plan.sources)
      if (source.stays_frozen) declared_.freeze(source.prefix);
    return model;
  }
  static learn::TrainerOptions options_of(const Plan& plan, const Equipment& equipment) {
    learn::TrainerOptions options{.batch = plan.batch,
                                  .schedule = plan.schedule,
                                  .clip_norm = plan.clip_norm,
                                  .optimiser = plan.optimiser,
                                  .threads = equipment.threads()};
    for (const auto& replica : plan.replicas) options.lr.push_back(replica.lr);
    return options;
  }

  tensor::ParameterPlan declared_;
  std::unique_ptr<typename Plan::Model> model_;
  tensor::ParameterBuffer parameters_;
  std::unique_ptr<learn::Objective> objective_;
  learn::Trainer trainer_;
  learn::TrainingRun run_;
};

// Turns steps into other units.
class StepProgress final : public base::Progress {
 public:
  StepProgress(base::Progress* outer, int64_t units_of_step) : outer_(outer), units_of_step_(units_of_step) {}
  void begin(const std::string&, int64_t) override {}
  void advance(int64_t steps) override {
    if (outer_) outer_->advance(steps * units_of_step_);
  }
  void note(const std::string& line) override {
    if (outer_) outer_->note(line);
  }
  void end() override {}

 private:
  base::Progress* outer_;
  int64_t units_of_step_;
};

// Everything that could change what a plan trains.
template <class Plan>
base::Json description_of(const Plan& plan, const Equipment& equipment) {
  base::Json replicas = base::Json::array();
  for (const auto& replica : plan.replicas) replicas.push_back({{"seed", replica.seed}, {"world", replica.world_made_of}, {"lr", replica.lr}});
  base::Json description = {
      {"model", plan.model_made_of},
      {"optimiser",
       {{"rule", static_cast<int>(plan.optimiser.rule)},
        {"beta1", plan.optimiser.beta1},
        {"beta2", plan.optimiser.beta2},
        {"epsilon", plan.optimiser.epsilon},
        {"weight_decay", plan.optimiser.weight_decay}}},
      {"schedule", {{"decay", static_cast<int>(plan.schedule.decay)}, {"warm_up", plan.schedule.warm_up}, {"steps", plan.schedule.steps}}},
      {"batch", plan.batch},
      {"clip_norm", plan.clip_norm},
      {"steps", plan.steps},
      {"measured_after", plan.measured_after},
      {"measure", plan.measure_name},
      {"replicas", replicas},
      {"inputs", equipment.training_inputs()}};
  if (plan.schedule.least != 0) description["schedule"]["least"] = plan.schedule.least;
  for (const auto& source : plan.sources)
    description["sources"].push_back(
        {{"training", description_of(*source.plan, equipment)}, {"prefix", source.prefix}, {"frozen", source.stays_frozen}});
  return description;
}

// Trains, or reads what was trained before; the trainings that it starts from likewise, before it. `measure` (model, parameters) gives
// [R][quantities]. The watch advances by the plan's cost.
template <class Plan, class MeasureNetworks>
std::unique_ptr<NetworkTraining<Plan>> train_networks(const Plan& plan, const MeasureNetworks& measure, const Equipment& equipment,
                                                      lab::Workbench& bench) {
  constexpr const char* kStateName = "training.safetensors";
  const base::Json description = description_of(plan, equipment);
  StepProgress progress(bench.watch.progress, cost_of(plan, std::ssize(plan.replicas)) / std::max<int64_t>(1, plan.steps));
  const auto make = [&](const std::filesystem::path& working, const std::filesystem::path& result) {
    NetworkTraining<Plan> training(plan, equipment, description, working / kStateName);
    for (const auto& source : plan.sources) training.take(*train_networks(*source.plan, source.measure, equipment, bench), source.prefix);
    training.run().resume();
    const learn::Measure measure_now = [&] { return measure(training.model(), training.parameters()); };
    training.run().train_to(plan.steps, {.progress = &progress, .cancel = bench.watch.cancel},
                            plan.measured_after.empty() ? learn::Measure() : measure_now);
    std::filesystem::copy_file(working / kStateName, result);
  };
  const lab::Artifact artifact =
      bench.artifacts.artifact({.kind = "training", .made_of = description, .extension = ".safetensors"}, plan.description, make, bench.watch);
  auto finished = std::make_unique<NetworkTraining<Plan>>(plan, equipment, description, artifact.path);
  finished->run().resume();
  return finished;
}

}  // namespace manabi::study
