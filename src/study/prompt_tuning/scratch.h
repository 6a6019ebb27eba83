// Networks of several sizes that were taught named rules on sequences, and are then asked for a rule without its name: by a tuned prompt, or
// with all weights tuned (whether the gap between the two closes with size: Lester et al. 2021, Figure 1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"
#include "lab/claim.h"
#include "lab/report.h"
#include "lab/study.h"
#include "study/equipment.h"

namespace manabi::study::prompt_tuning {

struct ScratchOptions {
  std::vector<int64_t> widths;  // of networks of four blocks; none: nothing is trained here
  std::vector<std::string> rules = {"reverse", "sort then next"};
  std::vector<int64_t> lengths = {1, 5, 20};
  int64_t steps = 5000, batch = 64;  // of training; a row has 15 tokens
  int64_t tuning_steps = 400, tuning_batch = 32, examples = 2000, test = 200;
  double lr = 1e-3, prompt_lr = 1e-2, full_lr = 5e-4;

  void add_to(base::OptionTable& table);
};

inline constexpr const char* kNamed = "named";       // a method of cells: the rule's name is said, nothing is tuned
inline constexpr const char* kNotNamed = "unnamed";  // neither

std::vector<lab::Cell> scratch_cells(const ScratchOptions& options, int64_t seeds, const Equipment& equipment);
bool is_scratch(const lab::Coordinates& at);
lab::CellRecord measure_scratch(const lab::Cell& cell, const ScratchOptions& options, const Equipment& equipment, lab::Workbench& bench);
// In the units of study::cost_of(TokenRunPlan).
int64_t scratch_cost(const lab::Cell& cell, const ScratchOptions& options);

std::vector<lab::Claim> scratch_claims(const lab::Records& records);
std::vector<lab::Section> scratch_sections(const lab::Records& records);

}  // namespace manabi::study::prompt_tuning
