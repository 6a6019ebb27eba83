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

#include "lab/record.h"

struct sqlite3;

namespace manabi::lab {

// One `run` of a study: what was asked for, so that the page can say it and `list runs` can show it.
struct RunEntry {
  int64_t id = 0;
  std::string study;
  std::string started;      // ISO 8601, UTC
  std::string state;        // "running", "finished", "cancelled", "failed"
  base::Json manifest;      // options, models and hashes, version of the program, machine
  double seconds = 0;
  std::vector<std::string> cells;  // keys of its grid, in order
};

class Store {
 public:
  enum class Mode { read, write };

  // Throws base::Error: written by a newer version, in use by another writer (its process id), read-only or full, not a store.
  Store(const std::string& path, Mode mode);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::set<std::string> present(std::span<const std::string> keys) const;
  // Commits all or none. A key that is already there is replaced only by an equal study version's record.
  void put(const std::string& study, int64_t study_version, std::span<const CellRecord> records);
  // In the order of `keys`; keys that are missing are left out.
  Records get(std::span<const std::string> keys) const;

  int64_t begin_run(const RunEntry& entry);
  void end_run(int64_t id, const std::string& state, double seconds);
  std::vector<RunEntry> runs() const;  // newest first

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3* database_ = nullptr;
  std::unique_ptr<class WriterLock> lock_;
};

// One line or row a measured number or scored item. `stores` may be several shards.
std::string export_jsonl(const std::string& study, const Records& records);
std::string export_csv(const std::string& study, const Records& records);  // rows only: one line a metric
std::string export_items_csv(const std::string& study, const Records& records);

}  // namespace manabi::lab
