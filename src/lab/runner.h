// Runs what is missing of a study's grid and writes its page.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/watch.h"
#include "lab/report.h"
#include "lab/store/store.h"
#include "lab/study.h"

namespace manabi::lab {

struct RunRequest {
  std::string part;   // only the cells of this part; "" = all
  int64_t shard = 1;  // of `shards`, counted from 1: every shards-th group of the part, missing or not
  int64_t shards = 1;
  base::Json manifest;  // stored with the run and shown on the page
};

struct RunOutcome {
  int64_t run_id = 0;
  int64_t cells = 0;   // in the grid (of this part and shard)
  int64_t reused = 0;  // that were already there
  int64_t measured = 0;
  bool was_cancelled = false;
  double seconds = 0;
  std::vector<std::string> keys;  // of the whole grid, for the page; other parts and shards too
};

// Groups of cells that one call of measure() takes: equal in every coordinate but those of `together`. In the order of their first cells.
std::vector<std::vector<Cell>> groups_of(std::span<const Cell> cells, std::span<const std::string> together);

// Measures the missing cells group by group, committing each. On cancellation returns with was_cancelled; what was committed stays. An error
// ends the run as "failed" and is passed on. base::Error: no such part or shard. std::logic_error, naming the study: a grid that lists a cell
// twice, records that are not those of the group. Artifacts lie beside the store, in `artifacts`.
RunOutcome run_study(Study& study, Store& store, const RunRequest& request, const base::Watch& watch = {});

// The page for one run, from records of one or several stores alone: those of the run's grid, also when earlier runs or other shards measured
// them.
Report report_of(const Study& study, std::span<const Store* const> stores, const RunEntry& run);

}  // namespace manabi::lab
