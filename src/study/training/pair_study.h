// What all studies share that train networks on worlds of labelled vectors and then ask them questions: settings and seeds become replicas, the
// answers become rows. A study says which settings, which networks and worlds, which questions; and reads claims and figures off the records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/statistics/seeds.h"
#include "lab/study.h"
#include "learn/training/schedule.h"
#include "study/equipment.h"
#include "study/training/pair_runs.h"

namespace manabi::study {

// Metrics of a row, for each question and step.
inline constexpr const char* kError = "error";                 // share of queries whose most probable label is not the target
inline constexpr const char* kCrossEntropy = "cross-entropy";  // nats
inline constexpr const char* kContextError = "context error";  // as error, among the labels of the context alone
inline constexpr const char* kFromContext = "from context";    // share of queries answered with a label of the context
inline constexpr const char* kLoss = "loss";                   // of training, nats; without a question

// The options of a study whose trainings are equally long.
struct PairTrainingOptions {
  int64_t steps = 20'000;
  int64_t batch = 32;
  double lr = 3e-4;
  int64_t questions = 3000;  // new rows on which each question is asked

  base::OptionTable table();
};

struct PairSetting {
  lab::Coordinates at;  // all but the seed
  std::string part;
  int64_t seeds = 0;  // when the user gave none; 0: as many as the study says
};

// One way of asking what a network has learned.
struct PairQuestion {
  lab::Coordinates at;  // of its rows
  std::shared_ptr<const world::PairWorld> world;
};

// Something that is measured beside the questions.
struct PairMetric {
  std::string name;
  lab::Coordinates at = {};  // of its rows
};

// Parameters that a setting's training starts from: what another setting's training left of those whose names begin with `prefix`, seed by seed.
struct TakenParameters {
  lab::Coordinates from;  // all but the seed
  std::string prefix;
  bool stays_frozen = true;
};

// A study with other cells beside its trainings overrides grid, measure and cost_of for those.
class PairStudy : public lab::Study {
 public:
  std::vector<lab::Cell> grid() override;
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;

 protected:
  explicit PairStudy(Equipment& equipment) : equipment_(equipment) {}

  // A setting with every seed of the run; `inputs` is what else could change a value.
  std::vector<lab::Cell> cells_of(const PairSetting& setting, const lab::Coordinates& inputs) const;
  const Equipment& equipment() const { return equipment_; }

  // In the order of the claims.
  virtual std::vector<PairSetting> settings() const = 0;
  virtual int64_t seeds() const = 0;            // of the scale, when the user gave none
  virtual int64_t questions_asked() const = 0;  // rows of each question
  // All but the replicas and what is measured, for a setting of this shape.
  virtual PairRunPlan plan_of(const lab::Coordinates& at) const = 0;
  virtual double lr_of(const lab::Coordinates& at) const = 0;
  // The options that could change a value of this setting, as JSON: all that the study has, unless it says otherwise.
  virtual std::string options_of(const lab::Coordinates& at);
  // Content hashes of what the setting's worlds read beside their coordinates.
  virtual lab::Coordinates data_of(const lab::Coordinates& /*at*/) const { return {}; }
  virtual std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const = 0;
  // The same questions, in the same order, for all settings of one shape.
  virtual std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const = 0;

  virtual std::vector<TakenParameters> taken_parameters(const lab::Coordinates& /*at*/) const { return {}; }

  // What is measured beside the questions, of each replica: the metrics of a setting, and values [R][metrics].
  virtual std::vector<PairMetric> further_metrics(const lab::Coordinates& /*at*/) const { return {}; }
  virtual std::vector<std::vector<double>> measure_further(std::span<const lab::Cell> /*cells*/, const model::PairModel& /*model*/,
                                                           const tensor::ParameterBuffer& /*parameters*/) const {
    return {};
  }

 private:
  std::vector<std::vector<PairQuestion>> questions_of(std::span<const lab::Cell> cells) const;
  PairRunPlan run_plan(std::span<const lab::Cell> cells) const;
  MeasurePairs measure_of(const std::vector<lab::Cell>& cells) const;
  void measure_some(std::span<const lab::Cell> cells, lab::Workbench& bench, lab::Records& records) const;

  Equipment& equipment_;
};

using learn::evenly_spaced;

}  // namespace manabi::study
