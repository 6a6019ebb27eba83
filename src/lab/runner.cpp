#include "lab/runner.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <numeric>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace manabi::lab {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

// Turns what a group reports into exactly the group's cost, so that the bar ends where it should whatever the rooms below count.
class GroupProgress final : public base::Progress {
 public:
  GroupProgress(base::Progress& outer, int64_t cost) : outer_(outer), left_(cost) {}

  void begin(const std::string&, int64_t) override {}
  void advance(int64_t units) override {
    const int64_t counted = std::clamp<int64_t>(units, 0, left_);
    left_ -= counted;
    if (counted > 0) outer_.advance(counted);
  }
  void note(const std::string& line) override { outer_.note(line); }
  void end() override {}
  void finish() { advance(left_); }

 private:
  base::Progress& outer_;
  int64_t left_;
};

std::vector<std::string> keys_of(const StudyInfo& info, std::span<const Cell> cells) {
  std::vector<std::string> keys;
  for (const Cell& cell : cells) keys.push_back(key_of(info.name, info.version, cell));
  return keys;
}

void check_distinct(const StudyInfo& info, std::span<const Cell> grid, std::span<const std::string> keys) {
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i < grid.size(); ++i) {
    if (!seen.insert(keys[i]).second) throw std::logic_error("study '" + info.name + "' lists the cell " + name_of(grid[i].at) + " twice");
  }
}

void check_shard(const RunRequest& request) {
  if (request.shards >= 1 && request.shard >= 1 && request.shard <= request.shards) return;
  throw base::Error({.where = "--shard",
                     .given = "'" + std::to_string(request.shard) + "/" + std::to_string(request.shards) + "'",
                     .expected = "I/N with I from 1 to N",
                     .hint = "--shard 1/8 to --shard 8/8 together measure everything"});
}

std::vector<Cell> cells_of_part(const std::vector<Cell>& grid, const std::string& part) {
  if (part.empty()) return grid;
  std::vector<Cell> chosen;
  std::vector<std::string> parts;
  for (const Cell& cell : grid) {
    if (cell.part == part) chosen.push_back(cell);
    if (!cell.part.empty() && std::ranges::find(parts, cell.part) == parts.end()) parts.push_back(cell.part);
  }
  if (!chosen.empty()) return chosen;
  throw base::Error({.where = "--part",
                     .given = "no part '" + part + "' in this grid",
                     .expected = "",
                     .hint = parts.empty() ? "this grid has no parts; leave --part out" : base::nearest_hint(part, parts)});
}

std::vector<std::vector<Cell>> groups_of_request(const Study& study, const std::vector<Cell>& grid, const RunRequest& request) {
  const std::vector<std::vector<Cell>> groups = groups_of(cells_of_part(grid, request.part), study.together());
  std::vector<std::vector<Cell>> chosen;
  for (size_t i = static_cast<size_t>(request.shard - 1); i < groups.size(); i += static_cast<size_t>(request.shards))
    chosen.push_back(groups[i]);
  return chosen;
}

// Leaves out what is measured already, and groups of which nothing is missing.
std::vector<std::vector<Cell>> missing_of(const StudyInfo& info, std::vector<std::vector<Cell>> groups, const std::set<std::string>& present) {
  for (std::vector<Cell>& group : groups) {
    std::erase_if(group, [&](const Cell& cell) { return present.contains(key_of(info.name, info.version, cell)); });
  }
  std::erase_if(groups, [](const std::vector<Cell>& group) { return group.empty(); });
  return groups;
}

int64_t count_cells(const std::vector<std::vector<Cell>>& groups) {
  return std::accumulate(groups.begin(), groups.end(), int64_t{0}, [](int64_t sum, const auto& group) { return sum + std::ssize(group); });
}

int64_t cost_of(const Study& study, const std::vector<std::vector<Cell>>& groups) {
  return std::accumulate(groups.begin(), groups.end(), int64_t{0}, [&](int64_t sum, const auto& group) { return sum + study.cost_of(group); });
}

void check_records(const StudyInfo& info, std::span<const Cell> group, const Records& records) {
  const std::string study = "study '" + info.name + "'";
  if (records.size() != group.size()) {
    throw std::logic_error(study + " measured " + std::to_string(records.size()) + " records for a group of " + std::to_string(group.size()) +
                           " cells, the first of which is " + name_of(group.front().at));
  }
  for (size_t i = 0; i < group.size(); ++i) {
    if (records[i].cell.at == group[i].at && records[i].cell.inputs == group[i].inputs) continue;
    throw std::logic_error(study + " gave the record of " + name_of(records[i].cell.at) + " in the place of " + name_of(group[i].at));
  }
}

Records measure_group(Study& study, const StudyInfo& info, std::span<const Cell> group, Artifacts& artifacts, const base::Watch& watch) {
  const Clock::time_point start = Clock::now();
  std::optional<GroupProgress> progress;
  if (watch.progress) progress.emplace(*watch.progress, study.cost_of(group));
  Workbench bench{.watch = {.progress = progress ? &*progress : nullptr, .cancel = watch.cancel}, .artifacts = artifacts};
  Records records = study.measure(group, bench);
  check_records(info, group, records);
  if (progress) progress->finish();

  const std::vector<std::string> used = artifacts.take_used();
  for (size_t i = 0; i < group.size(); ++i) {
    records[i].cell = group[i];
    records[i].artifacts = used;
    records[i].seconds = seconds_since(start) / static_cast<double>(group.size());
  }
  return records;
}

// Measures and commits group by group; false when it was cancelled.
bool measure_all(Study& study, const StudyInfo& info, const std::vector<std::vector<Cell>>& groups, Store& store, const base::Watch& watch,
                 int64_t& measured) {
  Artifacts artifacts(std::filesystem::path(store.path()).parent_path() / "artifacts");
  try {
    for (const std::vector<Cell>& group : groups) {
      watch.throw_if_cancelled();
      const Records records = measure_group(study, info, group, artifacts, watch);
      store.put(info.name, info.version, records);
      measured += std::ssize(group);
    }
  } catch (const base::Cancelled&) {
    return false;
  }
  return true;
}

// Writes down that the run failed. A store that cannot even take this is no news: the error that ended the run says more.
void note_failure(Store& store, int64_t run_id, double seconds) {
  try {
    store.end_run(run_id, "failed", seconds);
  } catch (const base::Error&) {
  }
}

}  // namespace

std::vector<std::vector<Cell>> groups_of(std::span<const Cell> cells, std::span<const std::string> together) {
  std::vector<std::vector<Cell>> groups;
  std::map<Coordinates, size_t> group_of;
  for (const Cell& cell : cells) {
    Coordinates shared = cell.at;
    for (const std::string& coordinate : together) shared.erase(coordinate);
    const auto [place, is_new] = group_of.try_emplace(std::move(shared), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(cell);
  }
  return groups;
}

RunOutcome run_study(Study& study, Store& store, const RunRequest& request, const base::Watch& watch) {
  check_shard(request);
  const Clock::time_point start = Clock::now();
  const StudyInfo info = study.info();
  const std::vector<Cell> grid = study.grid();
  if (grid.empty())
    throw base::Error({.where = study.info().name,
                       .given = "these options ask for no cell",
                       .expected = "at least one model, task and value of every list",
                       .hint = "one of the lists is empty"});
  RunOutcome outcome;
  outcome.keys = keys_of(info, grid);
  check_distinct(info, grid, outcome.keys);

  const std::vector<std::vector<Cell>> groups = groups_of_request(study, grid, request);
  const std::vector<std::vector<Cell>> missing = missing_of(info, groups, store.present(outcome.keys));
  outcome.cells = count_cells(groups);
  outcome.reused = outcome.cells - count_cells(missing);
  outcome.run_id = store.begin_run({.study = info.name, .started = utc_now(), .manifest = request.manifest, .cells = outcome.keys});
  watch.begin(info.name, cost_of(study, missing));
  try {
    outcome.was_cancelled = !measure_all(study, info, missing, store, watch, outcome.measured);
  } catch (...) {
    watch.end();
    note_failure(store, outcome.run_id, seconds_since(start));
    throw;
  }
  watch.end();
  outcome.seconds = seconds_since(start);
  store.end_run(outcome.run_id, outcome.was_cancelled ? "cancelled" : "finished", outcome.seconds);
  return outcome;
}

}  // namespace manabi::lab
