#include "base/machine.h"

#include <algorithm>
#include <fstream>

namespace manabi::base {
namespace {

std::optional<int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;  // "max" is no number
}

std::optional<int64_t> available_to_all(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  for (std::string name, unit; file >> name;) {
    int64_t kibibytes = 0;
    if (name == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

// Pages of files that count as taken, and are given up when they are needed.
int64_t cached_files(const std::string& path) {
  std::ifstream file(path);
  int64_t value = 0;
  for (std::string name; file >> name >> value;)
    if (name == "inactive_file") return value;
  return 0;
}

std::optional<int64_t> left_to_group(const std::string& root) {
  const std::string folder = root + "/sys/fs/cgroup/";
  const auto most = number_in(folder + "memory.max"), taken = number_in(folder + "memory.current");
  if (!most || !taken) return std::nullopt;
  return std::max<int64_t>(0, *most - *taken + cached_files(folder + "memory.stat"));
}

}  // namespace

std::optional<int64_t> free_memory(const std::string& root) {
  const auto all = available_to_all(root), group = left_to_group(root);
  if (all && group) return std::min(*all, *group);
  return all ? all : group;
}

}  // namespace manabi::base
