#include "study/training/pair_runs.h"

#include <filesystem>

#include "learn/training/version.h"

namespace manabi::study {
namespace {

constexpr const char* kStateName = "training.safetensors";

base::Json made_of(const PairRunPlan& plan, const Equipment& equipment) {
  const model::PairNetworkConfig& network = plan.network;
  const model::DecoderConfig& decoder = network.decoder;
  base::Json replicas = base::Json::array();
  for (const PairReplica& replica : plan.replicas)
    replicas.push_back({{"seed", replica.seed}, {"world", replica.world_made_of}, {"lr", replica.lr}});
  return {{"network",
           {{"layers", decoder.layers},
            {"width", decoder.width},
            {"heads", decoder.heads},
            {"mlp", decoder.mlp_ratio},
            {"activation", static_cast<int>(decoder.activation)},
            {"pairs", network.pairs},
            {"input_width", network.input_width},
            {"labels", network.labels},
            {"positions", static_cast<int>(network.positions)},
            {"longest_period", network.longest_period},
            {"pairs_share_positions", network.pairs_share_positions},
            {"maps_inputs", network.maps_inputs}}},
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
}

// Everything that lives while some replicas train.
class Training {
 public:
  Training(const PairRunPlan& plan, const Equipment& equipment, const base::Json& description, const std::filesystem::path& state_file)
      : network_(plan.network, declared_),
        parameters_(declared_, std::ssize(plan.replicas), at::TensorOptions(equipment.compute().device).dtype(equipment.compute().dtype)),
        objective_(network_, worlds_of(plan), parameters_.values().options()),
        trainer_(parameters_, objective_, options_of(plan, equipment)),
        run_(parameters_, trainer_, {.steps = plan.steps, .measured_after = plan.measured_after, .made_of = description}, state_file) {
    for (int64_t replica = 0; replica < parameters_.replicas(); ++replica)
      parameters_.initialise(replica, plan.replicas[static_cast<size_t>(replica)].seed);
  }

  learn::TrainingRun& run() { return run_; }
  void train(const MeasurePairs& measure, const base::Watch& watch) {
    run_.train_to(run_.plan().steps, watch, [&] { return measure(network_, parameters_); });
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
  model::PairNetwork network_;
  tensor::ParameterBuffer parameters_;
  learn::PairObjective objective_;
  learn::Trainer trainer_;
  learn::TrainingRun run_;
};

// Turns steps of a group into steps of its replicas.
class ReplicaProgress final : public base::Progress {
 public:
  ReplicaProgress(base::Progress* outer, int64_t replicas) : outer_(outer), replicas_(replicas) {}
  void begin(const std::string&, int64_t) override {}
  void advance(int64_t units) override {
    if (outer_) outer_->advance(units * replicas_);
  }
  void note(const std::string& line) override {
    if (outer_) outer_->note(line);
  }
  void end() override {}

 private:
  base::Progress* outer_;
  int64_t replicas_;
};

}  // namespace

PairRunResult train_pairs(const PairRunPlan& plan, const MeasurePairs& measure, const Equipment& equipment, lab::Workbench& bench) {
  const base::Json description = made_of(plan, equipment);
  ReplicaProgress progress(bench.watch.progress, std::ssize(plan.replicas));
  const auto make = [&](const std::filesystem::path& working, const std::filesystem::path& result) {
    Training training(plan, equipment, description, working / kStateName);
    training.run().resume();
    training.train(measure, {.progress = &progress, .cancel = bench.watch.cancel});
    std::filesystem::copy_file(working / kStateName, result);
  };
  const lab::Artifact artifact =
      bench.artifacts.artifact({.kind = "training", .made_of = description, .extension = ".safetensors"}, plan.description, make, bench.watch);
  Training finished(plan, equipment, description, artifact.path);
  finished.run().resume();
  return finished.result();
}

}  // namespace manabi::study
