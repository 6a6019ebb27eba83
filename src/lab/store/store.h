// The run store: one SQLite file (WAL) a workspace. A finished group of cells is committed in one transaction; `kill -9` loses at most the
// group in hand. One writer at a time, readers at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "lab/record.h"

namespace manabi::lab {

class Database;

// One `run` of a study: what was asked for, so that the page can say it and `list runs` can show it.
struct RunEntry {
  int64_t id = 0;
  std::string study;
  std::string started;  // ISO 8601, UTC
  std::string state;    // "running", "finished", "cancelled", "failed"; "killed" once the next writer finds it still "running"
  base::Json manifest;  // options, models and hashes, version of the program, machine
  double seconds = 0;
  std::vector<std::string> cells;  // keys of the whole grid in order, whatever part or shard this run measured
};

// What `list runs` shows of a run beside its entry.
struct RunSummary {
  RunEntry run;
  int64_t measured = 0;  // cells of its grid that are in the store now
};

// An object belongs to one thread.
class Store {
 public:
  enum class Mode { read, write };

  // `write` creates what is missing, folders too. Throws base::Error: written by a newer version, in use by another writer (its process id),
  // read-only or full, damaged, not a store. `read` also takes a store on a read-only file system.
  Store(const std::string& path, Mode mode);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::set<std::string> present(std::span<const std::string> keys) const;
  // Commits all or none. A key that is already there is replaced only by an equal study version's record.
  void put(const std::string& study, int64_t study_version, std::span<const CellRecord> records);
  // In the order of `keys`; keys that are missing are left out.
  Records get(std::span<const std::string> keys) const;

  // Keys of every cell of a study that is there, at whatever version, in the order in which they were measured.
  std::vector<std::string> keys_of(const std::string& study) const;

  // Takes study, started, manifest and cells from the entry; gives its id.
  int64_t begin_run(const RunEntry& entry);
  void end_run(int64_t id, const std::string& state, double seconds);
  std::vector<RunEntry> runs() const;  // newest first
  std::vector<RunSummary> run_summaries() const;

  const std::string& path() const { return path_; }

 private:
  void check_writable(const std::string& call) const;  // std::logic_error in a store that was opened for reading

  std::string path_;
  std::unique_ptr<base::FileLock> lock_;  // before the database: held until it is closed
  std::unique_ptr<Database> database_;
};

// The records of `keys` from several stores (shards), in the order of `keys`; one that several stores have is taken from the first.
Records gather(std::span<const Store* const> stores, std::span<const std::string> keys);
// Everything that the stores hold of a study, each cell once.
Records gather_all(std::span<const Store* const> stores, const std::string& study);

}  // namespace manabi::lab
