#include "app/workspace.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace manabi::app {

namespace fs = std::filesystem;

fs::path store_path(const std::string& workspace, const std::string& shard, bool create) {
  if (create) {
    std::error_code failed;
    fs::create_directories(workspace, failed);
    if (failed)
      throw base::Error(
          {.where = workspace, .given = "the workspace folder cannot be made: " + failed.message(), .hint = "name another one with --output"});
  }
  std::string name = "store.sqlite";
  if (!shard.empty()) {
    std::string suffix = shard;
    std::ranges::replace(suffix, '/', '-');
    name = "store-" + suffix + ".sqlite";
  }
  return fs::path(workspace) / name;
}

std::vector<std::string> stores_in(const std::string& workspace) {
  std::set<std::string> shards;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(workspace, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("store-") && name.ends_with(".sqlite")) shards.insert(entry.path().string());
  }
  std::vector<std::string> paths;
  const fs::path plain = store_path(workspace, "", false);
  if (fs::exists(plain)) paths.push_back(plain.string());
  paths.insert(paths.end(), shards.begin(), shards.end());
  return paths;
}

std::vector<const lab::Store*> LastRun::views() const {
  std::vector<const lab::Store*> views;
  for (const auto& store : stores) views.push_back(store.get());
  return views;
}

lab::Records LastRun::records() const { return lab::gather(views(), run.cells); }

LastRun open_last_run(const std::string& workspace, const std::vector<std::string>& more_stores, const std::string& study) {
  std::vector<std::string> paths = stores_in(workspace);
  paths.insert(paths.end(), more_stores.begin(), more_stores.end());
  LastRun last;
  bool is_found = false;
  for (const std::string& path : paths) {
    last.stores.push_back(std::make_unique<lab::Store>(path, lab::Store::Mode::read));
    for (const lab::RunEntry& run : last.stores.back()->runs())
      if (run.study == study && (!is_found || run.started > last.run.started)) {
        last.run = run;
        is_found = true;
      }
  }
  if (!is_found)
    throw base::Error(
        {.where = workspace, .given = "holds no run of the study '" + study + "'", .hint = "manabi run " + study + " --output " + workspace});
  return last;
}

}  // namespace manabi::app
