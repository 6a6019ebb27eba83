// What all studies share that train networks on worlds of real functions and set them beside the learners of theory.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "study/training/network_study.h"
#include "study/training/value_runs.h"

namespace manabi::study {

// A row's coordinates.
inline constexpr const char* kLearner = "learner";    // who told the values
inline constexpr const char* kExamples = "examples";  // how many were shown before
inline constexpr const char* kNetwork = "network";    // as a learner: the one that was trained
inline constexpr const char* kSquaredError = "squared error";

class ValueStudy : public NetworkStudy<ValueRunPlan> {
 protected:
  using NetworkStudy::NetworkStudy;

  virtual double lr_of(const lab::Coordinates& at) const = 0;
  virtual std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates& at, uint64_t seed) const = 0;
  // What the learners of theory do on the tasks of this cell: rows without a step.
  virtual std::vector<lab::Row> references(const lab::Cell& cell) const = 0;

  ValueReplica replica_of(const lab::Cell& cell, base::Json made_of) const override {
    return {.seed = seed_of(cell), .world = training_world(cell.at, seed_of(cell)), .world_made_of = std::move(made_of), .lr = lr_of(cell.at)};
  }
  NetworkRunResult train(const ValueRunPlan& plan, const Measure& measure, lab::Workbench& bench) const override {
    return train_values(plan, measure, equipment(), bench)->result();
  }

 public:
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
};

// Rows [1, B, T, I] of a world on which nothing is trained: its batch 0.
model::ValueRows tasks_of(const std::shared_ptr<const world::ValueWorld>& world, int64_t count);

// A seed for what is asked, apart from the one that trains.
uint64_t question_seed(uint64_t seed);

}  // namespace manabi::study
