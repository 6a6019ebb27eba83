#include "world/pairs/projected_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kWhere = "projected tasks";
constexpr uint64_t kNewTasks = uint64_t{1} << 40;  // new tasks lie above

// output = matrix x, of columns: [I, I] with column j beside the others of its kind, so that the loop below runs along memory.
void project(std::span<const float> columns, std::span<const float> input, std::span<float> output) {
  std::ranges::fill(output, 0.0F);
  const size_t width = input.size();
  for (size_t j = 0; j < width; ++j)
    for (size_t i = 0; i < width; ++i) output[i] += columns[j * width + i] * input[j];
}

}  // namespace

ProjectedTasks::ProjectedTasks(std::shared_ptr<const LabelledImages> images, const ProjectedTasksConfig& config)
    : images_(std::move(images)), config_(config) {
  require(config.pairs >= 1, {.where = kWhere, .given = fmt::format("pairs = {}", config.pairs), .expected = "at least 1"});
  require(config.labels >= 2 && config.labels <= images_->classes(),
          {.where = kWhere,
           .given = fmt::format("labels = {} of {} classes ({})", config.labels, images_->classes(), images_->name),
           .expected = "at least 2, and no more than the set has classes"});
  require(config.tasks >= 0 && static_cast<uint64_t>(config.tasks) <= kNewTasks,
          {.where = kWhere, .given = fmt::format("tasks = {}", config.tasks), .expected = "0 to 2^40"});
  require(is_share(config.plain_share), {.where = kWhere, .given = fmt::format("plain_share = {}", config.plain_share), .expected = "0 to 1"});
}

void ProjectedTasks::draw(int64_t step, int64_t row, PairRow into) const {
  base::Rng rng = base::Rng(config_.seed).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const uint64_t task = config_.tasks > 0 ? rng.below(static_cast<uint64_t>(config_.tasks)) : kNewTasks + (rng.bits() >> 1);
  const base::Rng of_task = base::Rng(config_.task_seed).child("tasks").child(task);
  const auto width = static_cast<size_t>(images_->input_width);
  std::vector<float> matrix(width * width);
  of_task.child("matrix").add_normals(1 / std::sqrt(static_cast<double>(width)), matrix);
  std::vector<int64_t> names(static_cast<size_t>(config_.labels));
  std::iota(names.begin(), names.end(), int64_t{0});
  if (rng.uniform() >= config_.plain_share) names = of_task.child("names").permutation(config_.labels);
  std::vector<int64_t> classes = of_task.child("classes").permutation(images_->classes());
  classes.resize(static_cast<size_t>(config_.labels));
  std::ranges::sort(classes);  // a set of just so many classes has the same plain names in every row
  for (size_t i = 0; i < into.labels.size(); ++i) {
    const uint64_t which = rng.below(static_cast<uint64_t>(config_.labels));
    const std::vector<int64_t>& of_class = images_->of_class[static_cast<size_t>(classes[which])];
    project(matrix, images_->input(of_class[rng.below(of_class.size())]), into.inputs.subspan(i * width, width));
    into.labels[i] = names[which];
  }
}

}  // namespace manabi::world
