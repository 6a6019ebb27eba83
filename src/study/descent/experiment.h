// One of the study's experiments: networks of one kind on tasks of one kind, beside the learners that they are said to be.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "study/training/value_study.h"

namespace manabi::study::descent {

inline constexpr const char* kExperiment = "experiment";
inline constexpr const char* kKind = "network";  // of a cell: what is trained
inline constexpr const char* kLayers = "layers";

class Experiment {
 public:
  virtual ~Experiment() = default;

  virtual std::string name() const = 0;  // a cell's coordinate kExperiment
  virtual void set_scale(lab::RunScale scale) = 0;
  virtual base::OptionTable options() = 0;
  virtual std::vector<NetworkSetting> settings() const = 0;
  virtual ValueRunPlan plan_of(const lab::Coordinates& at) const = 0;
  virtual double lr_of(const lab::Coordinates& at) const = 0;
  virtual std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates& at, uint64_t seed) const = 0;
  virtual std::vector<NetworkMetric> metrics(const lab::Coordinates& at) const = 0;
  // Of one replica, in the order of the metrics.
  virtual std::vector<double> measure(const lab::Cell& cell, const model::ValueModel& model, const tensor::ParameterBuffer& parameters,
                                      int64_t replica) const = 0;
  virtual std::vector<lab::Row> references(const lab::Cell& cell) const = 0;
};

std::unique_ptr<Experiment> attention_experiment();
std::unique_ptr<Experiment> estimator_experiment();

}  // namespace manabi::study::descent
