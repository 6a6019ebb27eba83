#include "learn/training/training_summary.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/format/safetensors.h"

namespace manabi::learn {
namespace {

[[noreturn]] void refuse(const base::SafetensorsFile& file, const std::string& given) {
  throw base::Error({.where = file.path(), .given = given, .expected = "a training's state"});
}

const base::SafetensorsEntry& entry_of(const base::SafetensorsFile& file, const std::string& name, std::string_view dtype, size_t dimensions) {
  const auto entry = std::ranges::find(file.entries(), name, &base::SafetensorsEntry::name);
  if (entry == file.entries().end()) refuse(file, "no tensor '" + name + "'");
  if (entry->dtype != dtype || entry->shape.size() != dimensions) refuse(file, "a tensor '" + name + "' of another kind");
  return *entry;
}

template <class T>
T element(const base::SafetensorsEntry& entry, int64_t index) {
  T value;
  std::memcpy(&value, entry.bytes.data() + static_cast<size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

std::string metadata_of(const base::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

}  // namespace

TrainingSummary read_training_summary(const std::filesystem::path& state_file) {
  const base::SafetensorsFile file(state_file.string());
  const std::string made_of = metadata_of(file, "made_of");
  if (made_of.empty()) refuse(file, "no description");
  const base::SafetensorsEntry &step = entry_of(file, "step", "I64", 1), &diverged_at = entry_of(file, "diverged_at", "I64", 1),
                               &values = entry_of(file, "values", "F32", 2), &curves = entry_of(file, "curves", "F64", 2);
  if (step.shape[0] != 1 || values.shape[0] < 1) refuse(file, "a state of no replica, or of several steps");
  TrainingSummary summary{.title = metadata_of(file, "title"),
                          .made_of = base::parse_json(made_of, file.path() + ", made_of"),
                          .steps_done = element<int64_t>(step, 0),
                          .replicas = values.shape[0]};
  if (const std::string parameters = metadata_of(file, "parameters"); !parameters.empty()) {
    int64_t count = 0;
    std::from_chars(parameters.data(), parameters.data() + parameters.size(), count);
    summary.parameters = count;
  }
  const int64_t points = curves.shape[0] < 1 ? 0 : curves.shape[1];
  if (points > 0) summary.last_loss = element<double>(curves, points - 1);
  for (int64_t replica = 0; replica < diverged_at.shape[0]; ++replica)
    summary.has_diverged = summary.has_diverged || element<int64_t>(diverged_at, replica) >= 0;
  return summary;
}

}  // namespace manabi::learn
