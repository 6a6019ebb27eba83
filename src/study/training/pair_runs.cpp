#include "study/training/pair_runs.h"

#include <algorithm>
#include <filesystem>

#include "learn/training/version.h"

namespace manabi::study {
namespace {

constexpr const char* kStateName = "training.safetensors";

base::Json made_of(const PairRunPlan& plan, const Equipment& equipment) {
  base::Json replicas = base::Json::array();
  for (const PairReplica& replica : plan.replicas)
    replicas.push_back({{"seed", replica.seed}, {"world", replica.world_made_of}, {"lr", replica.lr}});
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
  for (const PairSource& source : plan.sources)
    description["sources"].push_back(
        {{"training", made_of(*source.plan, equipment)}, {"prefix", source.prefix}, {"frozen", source.stays_frozen}});
  return description;
}

std::unique_ptr<model::PairModel> make_model(const PairRunPlan& plan, tensor::ParameterPlan& declared) {
  std::unique_ptr<model::PairModel> model = plan.model(declared, plan.replicas);
  for (const PairSource& source : plan.sources)
    if (source.stays_frozen) declared.freeze(source.prefix);
  return model;
}

// Everything that lives while some replicas train.
class Training {
 public:
  Training(const PairRunPlan& plan, const Equipment& equipment, const base::Json& description, const std::filesystem::path& state_file)
      : model_(make_model(plan, declared_)),
        parameters_(declared_, std::ssize(plan.replicas), at::TensorOptions(equipment.compute().device).dtype(equipment.compute().dtype)),
        objective_(*model_, worlds_of(plan), parameters_.values().options()),
        trainer_(parameters_, objective_, options_of(plan, equipment)),
        run_(parameters_, trainer_, {.steps = plan.steps, .measured_after = plan.measured_after, .made_of = description}, state_file) {
    for (int64_t replica = 0; replica < parameters_.replicas(); ++replica)
      parameters_.initialise(replica, plan.replicas[static_cast<size_t>(replica)].seed);
  }

  learn::TrainingRun& run() { return run_; }
  // Parameters of the same names, from there.
  void take(const Training& source, const std::string& prefix) {
    for (const tensor::ParameterShape& shape : parameters_.shapes())
      if (shape.name.starts_with(prefix)) parameters_.view(shape.name).copy_(source.parameters_.view(shape.name));
  }
  void train(const MeasurePairs& measure, const base::Watch& watch) {
    run_.train_to(run_.plan().steps, watch, [&] { return measure(*model_, parameters_); });
  }
  PairRunResult result() const {
    return {.curves = run_.curves(),
            .measurements = run_.measurements(),
            .diverged_at = trainer_.state().diverged_at,
            .curve_every = run_.plan().curve_every};
  }

 private:
  static learn::PairWorlds worlds_of(const PairRunPlan& plan) {
    learn::PairWorlds worlds;
    for (const PairReplica& replica : plan.replicas) worlds.push_back(replica.world);
    return worlds;
  }
  static learn::TrainerOptions options_of(const PairRunPlan& plan, const Equipment& equipment) {
    learn::TrainerOptions options{.batch = plan.batch,
                                  .schedule = plan.schedule,
                                  .clip_norm = plan.clip_norm,
                                  .optimiser = plan.optimiser,
                                  .threads = equipment.threads()};
    for (const PairReplica& replica : plan.replicas) options.lr.push_back(replica.lr);
    return options;
  }

  tensor::ParameterPlan declared_;
  std::unique_ptr<model::PairModel> model_;
  tensor::ParameterBuffer parameters_;
  learn::PairObjective objective_;
  learn::Trainer trainer_;
  learn::TrainingRun run_;
};

// Turns steps into tokens.
class TokenProgress final : public base::Progress {
 public:
  TokenProgress(base::Progress* outer, int64_t tokens_of_step) : outer_(outer), tokens_of_step_(tokens_of_step) {}
  void begin(const std::string&, int64_t) override {}
  void advance(int64_t units) override {
    if (outer_) outer_->advance(units * tokens_of_step_);
  }
  void note(const std::string& line) override {
    if (outer_) outer_->note(line);
  }
  void end() override {}

 private:
  base::Progress* outer_;
  int64_t tokens_of_step_;
};

// The finished training of a plan.
std::unique_ptr<Training> trained(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench) {
  const base::Json description = made_of(plan, equipment);
  TokenProgress progress(bench.watch.progress, tokens_of(plan, std::ssize(plan.replicas)) / std::max<int64_t>(1, plan.steps));
  const auto make = [&](const std::filesystem::path& working, const std::filesystem::path& result) {
    Training training(plan, equipment, description, working / kStateName);
    for (const PairSource& source : plan.sources) training.take(*trained(*source.plan, source.measure, equipment, bench), source.prefix);
    training.run().resume();
    training.train(measure, {.progress = &progress, .cancel = bench.watch.cancel});
    std::filesystem::copy_file(working / kStateName, result);
  };
  const lab::Artifact artifact =
      bench.artifacts.artifact({.kind = "training", .made_of = description, .extension = ".safetensors"}, plan.description, make, bench.watch);
  auto finished = std::make_unique<Training>(plan, equipment, description, artifact.path);
  finished->run().resume();
  return finished;
}

}  // namespace

int64_t tokens_of(const PairRunPlan& plan, int64_t replicas) {
  return replicas * plan.steps * plan.batch * (2 * plan.pairs + 1) * plan.token_cost;
}

PairRunResult train_pairs(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench) {
  return trained(plan, measure, equipment, bench)->result();
}

}  // namespace manabi::study
