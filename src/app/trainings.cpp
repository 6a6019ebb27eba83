#include "app/trainings.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <system_error>

#include "learn/training/training_run.h"
#include "learn/training/training_summary.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

bool holds_training(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / learn::kTrainingStateFile, ignored);
}

std::string name_of(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// A text's name or its world's; of a state that has neither, its text's hash.
std::string world_of(const learn::TrainingSummary& training) {
  if (!training.title.empty()) return training.title;
  return "text " + training.made_of.value("text", std::string("unknown")).substr(0, 8);
}

// Finished is what has its model: a training can be cut off between its last step and that.
std::string state_of(const learn::TrainingSummary& training, int64_t steps, const fs::path& folder) {
  if (training.has_diverged) return "diverged";
  std::error_code ignored;
  return training.steps_done >= steps && fs::exists(folder / "model.safetensors", ignored) ? "finished" : "unfinished";
}

}  // namespace

std::vector<fs::path> trainings_in(const fs::path& folder) {
  std::vector<fs::path> below;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (holds_training(entry.path())) below.push_back(entry.path());
  std::ranges::sort(below);
  if (holds_training(folder)) below.insert(below.begin(), folder);
  return below;
}

std::string line_of_training(const fs::path& folder) {
  try {
    const learn::TrainingSummary training = learn::read_training_summary(folder / learn::kTrainingStateFile);
    const auto steps = training.made_of.value("steps", training.steps_done);
    const std::string loss = training.last_loss ? fmt::format("loss {:.4f}", *training.last_loss) : "no loss yet";
    const std::string parameters = training.parameters ? fmt::format("{} parameters", *training.parameters) : "";
    return fmt::format("{:<20} {:<20} {:<10} {:>8} of {} steps  {:<12} {}", name_of(folder), world_of(training),
                       state_of(training, steps, folder), training.steps_done, steps, loss, parameters);
  } catch (const std::exception& error) {  // ours, or the description's: one that is broken does not hide the others
    const std::string_view message = error.what();
    return fmt::format("{:<20} cannot be read: {}", name_of(folder), message.substr(0, message.find('\n')));
  }
}

}  // namespace manabi::app
