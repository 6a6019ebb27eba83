#include "study/task_vectors/geometry.h"

#include <ATen/ATen.h>

#include "probe/tasks/task_reading.h"

namespace manabi::study::task_vectors {
namespace {

// Vectors of unit length, [K, P, L, D]: K tasks.
at::Tensor read_all(const model::Checkpoint& checkpoint, std::span<const ReadableTask> tasks, const VectorOptions& options, const base::Rng& rng,
                    const base::Watch& watch) {
  std::vector<at::Tensor> all;
  for (const ReadableTask& task : tasks) {
    watch.throw_if_cancelled();
    const auto items = probe::draw_items(task, options.items, rng.child(task.name), options.draw);
    all.push_back(probe::read_items(checkpoint, items, options.token_budget).thetas.to(at::kCPU, at::kDouble));
    watch.advance(1);
  }
  const at::Tensor vectors = at::stack(all);
  return vectors / vectors.norm(2, {-1}, /*keepdim=*/true);
}

// unit [K, P, D] of one layer. Sums of vectors give all mean cosines at once.
void add_distances(const at::Tensor& unit, std::span<const ReadableTask> tasks, int64_t layer, std::vector<lab::Row>& rows) {
  const int64_t count = unit.size(0);
  const auto items = static_cast<double>(unit.size(1));
  const at::Tensor sums = unit.sum(1), total = sums.sum(0);  // [K, D], [D]
  for (int64_t task = 0; task < count; ++task) {
    const at::Tensor own = sums[task];
    const double within = (own.dot(own).item<double>() - items) / (items * (items - 1));
    const double between = own.dot(total - own).item<double>() / (items * items * static_cast<double>(count - 1));
    const lab::Coordinates at = {{"task", tasks[static_cast<size_t>(task)].name}, {"layer", std::to_string(layer)}};
    rows.push_back({.metric = kWithin, .at = at, .value = 1 - within, .n = unit.size(1)});
    rows.push_back({.metric = kBetween, .at = at, .value = 1 - between, .n = unit.size(1)});
  }
}

void add_places(const at::Tensor& unit, std::span<const ReadableTask> tasks, int64_t layer, std::vector<lab::Row>& rows) {
  const at::Tensor flat = unit.flatten(0, 1), centred = flat - flat.mean(0, /*keepdim=*/true);
  const at::Tensor axes = std::get<2>(at::linalg_svd(centred, /*full_matrices=*/false)).narrow(0, 0, 2);
  const at::Tensor places = centred.matmul(axes.t()).view({unit.size(0), unit.size(1), 2}).contiguous();
  const double* value = places.const_data_ptr<double>();
  for (int64_t task = 0; task < unit.size(0); ++task)
    for (int64_t item = 0; item < unit.size(1); ++item)
      for (const char* axis : {"0", "1"})
        rows.push_back({.metric = kPlace,
                        .at = {{"task", tasks[static_cast<size_t>(task)].name},
                               {"item", std::to_string(item)},
                               {"axis", axis},
                               {"layer", std::to_string(layer)}},
                        .value = *value++,
                        .n = 1});
}

}  // namespace

std::vector<lab::Row> measure_geometry(const model::Checkpoint& checkpoint, std::span<const ReadableTask> tasks, const VectorOptions& options,
                                       const base::Rng& rng, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const at::Tensor unit = read_all(checkpoint, tasks, options, rng, watch);
  std::vector<lab::Row> rows;
  for (int64_t layer = 0; layer < unit.size(2); ++layer) add_distances(unit.select(2, layer), tasks, layer, rows);
  const int64_t middle = unit.size(2) / 2;
  add_places(unit.select(2, middle).contiguous(), tasks, middle, rows);
  return rows;
}

}  // namespace manabi::study::task_vectors
