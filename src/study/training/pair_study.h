// What all studies share that train networks on worlds of labelled vectors and then ask them questions. A study says which settings, which
// networks and worlds, which questions; and reads claims and figures off the records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "study/training/network_study.h"
#include "study/training/pair_runs.h"

namespace manabi::study {

// Metrics of a row, for each question and step.
inline constexpr const char* kError = "error";                 // share of queries whose most probable label is not the target
inline constexpr const char* kCrossEntropy = "cross-entropy";  // nats
inline constexpr const char* kContextError = "context error";  // as error, among the labels of the context alone
inline constexpr const char* kFromContext = "from context";    // share of queries answered with a label of the context

// The options of a study whose trainings are equally long.
struct PairTrainingOptions {
  int64_t steps = 20'000;
  int64_t batch = 32;
  double lr = 3e-4;
  int64_t questions = 3000;  // new rows on which each question is asked

  base::OptionTable table();
};

// One way of asking what a network has learned.
struct PairQuestion {
  lab::Coordinates at;  // of its rows
  std::shared_ptr<const world::PairWorld> world;
};

class PairStudy : public NetworkStudy<PairRunPlan> {
 protected:
  using NetworkStudy::NetworkStudy;

  virtual int64_t questions_asked() const = 0;  // rows of each question
  virtual double lr_of(const lab::Coordinates& at) const = 0;
  virtual std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const = 0;
  // The same questions, in the same order, for all settings of one shape.
  virtual std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const = 0;

  // What is measured beside the questions, of each replica: the metrics of a setting, and values [R][metrics].
  virtual std::vector<NetworkMetric> further_metrics(const lab::Coordinates& /*at*/) const { return {}; }
  virtual std::vector<std::vector<double>> measure_further(std::span<const lab::Cell> /*cells*/, const model::PairModel& /*model*/,
                                                           const tensor::ParameterBuffer& /*parameters*/) const {
    return {};
  }

  PairReplica replica_of(const lab::Cell& cell, base::Json made_of) const override;
  std::vector<NetworkMetric> metrics_of(const lab::Cell& cell) const override;
  Measure measure_of(const Cells& cells) const override;
  std::string measure_name(const lab::Coordinates& at) const override;
  NetworkRunResult train(const PairRunPlan& plan, const Measure& measure, lab::Workbench& bench) const override;
};

}  // namespace manabi::study
