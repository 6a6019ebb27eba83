#include "app/verbs/tune/room.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace manabi::app {
namespace {

std::string readable(int64_t bytes) {
  const auto number = static_cast<double>(bytes);
  return bytes < int64_t{1} << 30 ? fmt::format("{:.1f} MiB", number / (1 << 20)) : fmt::format("{:.1f} GiB", number / (1 << 30));
}

// The other methods that would fit, each with what it needs.
std::vector<std::string> fitting_methods(const std::shared_ptr<const model::FrozenNetwork>& network, const learn::TuningPlan& plan,
                                         const learn::MethodOptions& method, int64_t free_bytes) {
  std::vector<std::string> fitting;
  for (const std::string& name : learn::tuning_method_names()) {
    learn::MethodOptions other = method;
    other.method = learn::parse_tuning_method(name);
    if (other.method == method.method) continue;
    learn::TuningPlan smaller = plan;
    smaller.parts = other.parts(*network);
    if (const int64_t bytes = learn::Tuning::bytes(network, smaller); bytes <= free_bytes)
      fitting.push_back(fmt::format("{} ({})", name, readable(bytes)));
  }
  return fitting;
}

}  // namespace

void check_room(const std::shared_ptr<const model::FrozenNetwork>& network, const learn::TuningPlan& plan, const learn::MethodOptions& method,
                std::optional<int64_t> free_bytes) {
  const int64_t needed = learn::Tuning::bytes(network, plan);
  if (!free_bytes || needed <= *free_bytes) return;
  const std::vector<std::string> fitting = fitting_methods(network, plan, method, *free_bytes);
  throw base::Error(
      {.where = "memory",
       .given = fmt::format("{}, whose values, gradients and running means take {} beside the model", name_of(method.method), readable(needed)),
       .expected = fmt::format("at most the {} that are free", readable(*free_bytes)),
       .hint = fitting.empty() ? "fewer --threads (each has its own gradients), or fewer settings at once"
                               : fmt::format("what would fit: {}", fmt::join(fitting, ", "))});
}

}  // namespace manabi::app
