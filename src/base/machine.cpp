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

std::optional<int64_t> left_to_group(const std::string& root) {
  const std::string folder = root + "/sys/fs/cgroup/";
  const auto most = number_in(folder + "memory.max"), taken = number_in(folder + "memory.current");
  return most && taken ? std::optional(std::max<int64_t>(0, *most - *taken)) : std::nullopt;
}

}  // namespace

std::optional<int64_t> free_memory(const std::string& root) {
  const auto all = available_to_all(root), group = left_to_group(root);
  if (all && group) return std::min(*all, *group);
  return all ? all : group;
}

}  // namespace manabi::base
