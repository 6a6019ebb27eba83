// The network that an arm begins with.
#pragma once

#include <string>

#include "base/options.h"
#include "lab/study.h"
#include "model/checkpoint.h"
#include "study/equipment.h"
#include "study/pre_instruction/material.h"

namespace manabi::study::pre_instruction {

struct PupilOptions {
  int64_t layers = 4, width = 128;
  int64_t steps = 3500, batch = 32;
  double lr = 1e-3;

  void add_to(base::OptionTable& table);
  std::string name() const;  // of the model in a cell: "scratch-4x128"
  base::Json json() const;
};

inline constexpr int64_t kPupilContext = 96;

struct Pupil {
  model::Checkpoint checkpoint;
  base::Json made_of;
  std::vector<lab::Row> rows;  // of its training
};

// A GPT-2 that was told the known documents of a plan and the answers to their questions.
Pupil scratch_pupil(const PupilOptions& options, const InventedPlan& plan, uint64_t seed, const Equipment& equipment, lab::Workbench& bench);
// In items that are told.
int64_t cost_of(const PupilOptions& options);

}  // namespace manabi::study::pre_instruction
