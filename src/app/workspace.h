// A workspace: the folder that holds a run store, its shards, the reports and the artifacts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lab/store/store.h"

namespace manabi::app {

inline constexpr const char* kDefaultWorkspace = "manabi-workspace";

// The store of a shard ("" or "2/8"), as a path inside the workspace. The folder is made when `create` is set.
std::filesystem::path store_path(const std::string& workspace, const std::string& shard, bool create);

// Every store of a workspace: the plain one first, then its shards by name.
std::vector<std::string> stores_in(const std::string& workspace);

// The last run of a study over the stores; throws base::Error that says how to make one.
struct LastRun {
  std::vector<std::unique_ptr<lab::Store>> stores;
  lab::RunEntry run;

  std::vector<const lab::Store*> views() const;
  lab::Records records() const;  // of the run's grid, from all stores
};
LastRun open_last_run(const std::string& workspace, const std::vector<std::string>& more_stores, const std::string& study);

}  // namespace manabi::app
