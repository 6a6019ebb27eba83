// The skeleton of every study that trains networks and measures them on the way: settings and seeds become replicas, what is measured becomes
// rows. Which networks, which worlds and what is measured, the kinds of networks say (pair_study.h, value_study.h).
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "learn/training/schedule.h"
#include "study/equipment.h"
#include "study/training/network_runs.h"

namespace manabi::study {

inline constexpr const char* kLoss = "loss";    // a row's metric: of training, mean over the steps since the last one
inline constexpr size_t kReplicasTogether = 8;  // that train as one

struct NetworkSetting {
  lab::Coordinates at;  // all but the seed
  std::string part;
  int64_t seeds = 0;  // when the user gave none; 0: as many as the study says
};

// Something that is measured of a replica.
struct NetworkMetric {
  std::string name;
  lab::Coordinates at = {};  // of its rows
  int64_t n = 0;             // rows that it is a mean of
};

// Parameters that a setting's training starts from: what another setting's training left of those whose names begin with `prefix`, seed by seed.
struct TakenParameters {
  lab::Coordinates from;  // all but the seed
  std::string prefix;
  bool stays_frozen = true;
};

inline uint64_t seed_of(const lab::Cell& cell) { return static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)); }

// Of a plan, found by its type: where a member has the name cost_of, argument-dependent look-up does not look.
template <class Plan>
int64_t cost_of_training(const Plan& plan, int64_t replicas) {
  return cost_of(plan, replicas);
}

// A Plan is that of network_runs.h; its replicas have a seed, a world's description and a learning rate.
// A study with other cells beside its trainings overrides grid, measure and cost_of for those.
template <class Plan>
class NetworkStudy : public lab::Study {
 public:
  using Cells = std::vector<lab::Cell>;
  using Replica = typename decltype(Plan::replicas)::value_type;
  // Values after some steps: [R][metrics].
  using Measure = std::function<std::vector<std::vector<double>>(const typename Plan::Model&, const tensor::ParameterBuffer&)>;

  std::vector<lab::Cell> grid() override {
    std::vector<lab::Cell> cells;
    for (const NetworkSetting& setting : settings()) {
      lab::Coordinates inputs = equipment_.training_inputs();
      inputs["options"] = options_of(setting.at);
      inputs.merge(data_of(setting.at));
      std::ranges::move(cells_of(setting, inputs), std::back_inserter(cells));
    }
    return cells;
  }

  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override {
    lab::Records records;
    for (size_t begin = 0; begin < group.size(); begin += kReplicasTogether)
      measure_some(group.subspan(begin, std::min(kReplicasTogether, group.size() - begin)), bench, records);
    return records;
  }

  int64_t cost_of(std::span<const lab::Cell> group) const override { return cost_of_training(plan_of(group.front().at), std::ssize(group)); }

 protected:
  explicit NetworkStudy(Equipment& equipment) : equipment_(equipment) {}

  // A setting with every seed of the run; `inputs` is what else could change a value.
  Cells cells_of(const NetworkSetting& setting, const lab::Coordinates& inputs) const {
    const EquipmentOptions& asked = equipment_.options();
    const int64_t count = asked.seeds > 0 ? asked.seeds : setting.seeds > 0 ? setting.seeds : seeds();
    Cells cells;
    for (int64_t seed = asked.seed; seed < asked.seed + count; ++seed) {
      lab::Cell cell{.at = setting.at, .inputs = inputs, .part = setting.part};
      cell.at[lab::kSeed] = std::to_string(seed);
      cells.push_back(std::move(cell));
    }
    return cells;
  }
  const Equipment& equipment() const { return equipment_; }

  // In the order of the claims.
  virtual std::vector<NetworkSetting> settings() const = 0;
  virtual int64_t seeds() const = 0;  // of the scale, when the user gave none
  // All but the replicas and what is measured, for a setting of this shape.
  virtual Plan plan_of(const lab::Coordinates& at) const = 0;
  // `made_of` is the description of its world.
  virtual Replica replica_of(const lab::Cell& cell, base::Json made_of) const = 0;
  // The options that could change a value of this setting, as JSON: all that the study has, unless it says otherwise.
  virtual std::string options_of(const lab::Coordinates&) { return options().to_json(/*only_value_changing=*/true).dump(); }
  // Content hashes of what the setting's worlds read beside their coordinates.
  virtual lab::Coordinates data_of(const lab::Coordinates& /*at*/) const { return {}; }
  virtual std::vector<TakenParameters> taken_parameters(const lab::Coordinates& /*at*/) const { return {}; }

  // What is measured of the cells' networks must not depend on who asks for it: a training's state holds the values.
  virtual std::vector<NetworkMetric> metrics_of(const lab::Cell& cell) const = 0;
  virtual Measure measure_of(const Cells& cells) const = 0;
  // With all options that could change a value, and the study's version.
  virtual std::string measure_name(const lab::Coordinates& at) const = 0;
  // Trains, or reads what was trained before.
  virtual NetworkRunResult train(const Plan& plan, const Measure& measure, lab::Workbench& bench) const = 0;

 private:
  Plan run_plan(const Cells& cells) const {
    Plan plan = plan_of(cells.front().at);
    plan.measure_name = measure_name(cells.front().at);
    plan.description = info().name + ": " + std::to_string(cells.size()) + " networks, " + lab::name_of(cells.front().at);
    for (const lab::Cell& cell : cells) {
      lab::Coordinates made_of = cell.at;
      made_of.merge(data_of(cell.at));
      plan.replicas.push_back(replica_of(cell, base::Json(made_of)));
    }
    const std::vector<TakenParameters> taken = taken_parameters(cells.front().at);
    for (size_t i = 0; i < taken.size(); ++i) {
      Cells donors = cells;
      for (lab::Cell& donor : donors) {
        const std::string seed = donor.at.at(lab::kSeed);
        donor.at = taken_parameters(donor.at)[i].from;
        donor.at[lab::kSeed] = seed;
      }
      plan.sources.push_back({.plan = std::make_shared<Plan>(run_plan(donors)),
                              .measure = measure_of(donors),
                              .prefix = taken[i].prefix,
                              .stays_frozen = taken[i].stays_frozen});
    }
    return plan;
  }

  void measure_some(std::span<const lab::Cell> group, lab::Workbench& bench, lab::Records& records) const {
    const Cells cells(group.begin(), group.end());
    const Plan plan = run_plan(cells);
    const NetworkRunResult result = train(plan, measure_of(cells), bench);
    for (size_t replica = 0; replica < cells.size(); ++replica) {
      lab::CellRecord record{.cell = cells[replica]};
      for (const learn::Measurement& measurement : result.measurements) add_measured(measurement, replica, record);
      add_curve(result, replica, plan.batch, record);
      records.push_back(std::move(record));
    }
  }

  // Values come in the order of the metrics.
  void add_measured(const learn::Measurement& measurement, size_t replica, lab::CellRecord& record) const {
    const double* value = measurement.values[replica].data();
    for (NetworkMetric& metric : metrics_of(record.cell)) {
      metric.at[lab::kStep] = std::to_string(measurement.step);
      record.rows.push_back({.metric = metric.name, .at = std::move(metric.at), .value = *value++, .n = metric.n});
    }
  }

  static void add_curve(const NetworkRunResult& result, size_t replica, int64_t batch, lab::CellRecord& record) {
    for (size_t i = 0; i < result.curves[replica].size(); ++i) {
      const int64_t step = static_cast<int64_t>(i + 1) * result.curve_every;
      record.rows.push_back(
          {.metric = kLoss, .at = {{lab::kStep, std::to_string(step)}}, .value = result.curves[replica][i], .n = result.curve_every * batch});
    }
    if (result.diverged_at[replica] >= 0)
      record.rows.push_back({.metric = "diverged at step", .value = static_cast<double>(result.diverged_at[replica]), .n = 1});
  }

  Equipment& equipment_;
};

using learn::evenly_spaced;

}  // namespace manabi::study
