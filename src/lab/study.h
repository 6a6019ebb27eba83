// What a study says of itself; the lab does the rest: which cells are missing, order, sharding, progress, storing, the page.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/watch.h"
#include "lab/record.h"
#include "lab/report.h"
#include "lab/store/artifact.h"

namespace manabi::lab {

// quick: minutes on two cores, a first look; full: real verdicts, in parts; paper: the paper's own sizes, resumable and shardable.
enum class RunScale { quick, full, paper };

struct StudyInfo {
  std::string name;  // "recognition"
  std::string title;
  std::string question;
  std::string paper;  // authors, year, title
  std::string link;
  bool reads_checkpoints = true;  // off: every network is trained here, and --model means nothing
  int64_t version = 1;            // raised with any change of what a cell measures, or of a claim's margin
};

// What a study is handed to work with while it measures.
struct Workbench {
  // Units of advance() are those of Study::cost_of. Calls of begin() and end() from rooms below are taken as part of the group; what a group
  // did not report when it ends is added, what it reported too much is left out. Notes reach the user.
  base::Watch watch;
  // What cells share and what long work resumes from: a training inside a cell keeps its state in an artifact's working folder. The runner
  // writes down which artifacts a group used.
  Artifacts& artifacts;
};

class Study {
 public:
  virtual ~Study() = default;

  virtual StudyInfo info() const = 0;

  // Sets every option to its value at this scale; flags that the user gave are applied afterwards.
  virtual void set_scale(RunScale scale) = 0;
  virtual base::OptionTable options() = 0;  // bound to this object's members

  // All cells, in the order in which they should be measured. May open data sets and hash checkpoints, but computes nothing.
  virtual std::vector<Cell> grid() = 0;

  // Coordinates that may be measured in one call: cells that agree in all others form a group. A value does not depend on its group.
  virtual std::vector<std::string> together() const = 0;

  // Measures the cells of one group (or the missing ones of it); one record a cell, in order. base::Cancelled may pass through: the group is
  // dropped then. A learner that cannot answer a cell gives a record without rows; its claims are "not tested here".
  virtual Records measure(std::span<const Cell> group, Workbench& bench) = 0;

  // Units of progress that a group costs, in any unit that is proportional to time (prompts, tokens).
  virtual int64_t cost_of(std::span<const Cell> group) const { return static_cast<int64_t>(group.size()); }

  // From records alone: no model, no data folder.
  virtual std::vector<Claim> claims(const Records& records) const = 0;
  virtual std::vector<Section> sections(const Records& records) const = 0;
};

}  // namespace manabi::lab
