#include "study/task_vectors/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <utility>

#include "probe/tasks/task_reading.h"
#include "study/item_arms.h"

namespace manabi::study::task_vectors {
namespace {

using probe::judge;
using probe::LayerChoice;
using probe::Queries;
using probe::ReadItems;
using probe::share_of;

// Normal vectors of the same norms.
at::Tensor random_like(const at::Tensor& thetas, const base::Rng& rng) {
  const at::Tensor drawn = at::zeros(thetas.sizes(), at::kFloat);
  base::Rng numbers = rng.child("random vectors");
  numbers.add_normals(1, {drawn.data_ptr<float>(), static_cast<size_t>(drawn.numel())});
  const at::Tensor norms = thetas.to(at::kFloat).norm(2, {-1}, /*keepdim=*/true), own = drawn.norm(2, {-1}, /*keepdim=*/true);
  return (drawn.to(thetas.device()) / own.to(thetas.device()) * norms).to(thetas.scalar_type());
}

// An answer that a dummy asks for and the query does not.
double share_of_copies(const ReadableTask& task, std::span<const MappingItem> items, std::span<const std::string> answers) {
  std::vector<bool> copies;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto is_copied = [&](const Mapping& dummy) { return world::is_right(task.rule, answers[i], dummy.output); };
    copies.push_back(!world::is_right(task.rule, answers[i], items[i].query.output) && std::ranges::any_of(items[i].dummies, is_copied));
  }
  return share_of(copies);
}

}  // namespace

std::string name_of(Arm arm) {
  constexpr std::array kNames = {"task vector", "shuffled labels", "another task", "random vector"};
  return kNames[static_cast<size_t>(arm)];
}

std::vector<lab::Row> measure_task(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadableTask& other,
                                   const VectorOptions& options, const base::Rng& rng, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const auto read = [&](const ReadableTask& from, const char* purpose) {
    watch.throw_if_cancelled();
    return probe::read_items(checkpoint, probe::draw_items(from, options.items, rng.child(purpose), options.draw), options.token_budget);
  };
  const ReadItems dev = read(task, "dev"), test = read(task, "test"), others = read(other, "other task");
  const ReadItems shuffled =
      probe::read_items(checkpoint, probe::with_shuffled_outputs(test.items, rng.child("shuffled")), options.token_budget);
  const std::vector<std::pair<Arm, at::Tensor>> arms = {
      {Arm::task, test.thetas}, {Arm::shuffled, shuffled.thetas}, {Arm::other, others.thetas}, {Arm::random, random_like(test.thetas, rng)}};
  const LayerChoice choice = probe::choose_layer(checkpoint, task.rule, dev, options.token_budget);
  const Queries queries(checkpoint, probe::zero_shot_prompts(test.items), options.token_budget);
  const std::vector<std::string> outputs = probe::outputs_of(test.items);

  std::vector<lab::Row> rows;
  const auto add = [&](const char* metric, const lab::Coordinates& at, double value) {
    rows.push_back({.metric = metric, .at = at, .value = value, .n = options.items});
  };
  for (int64_t layer = 0; layer < checkpoint.lm->layers(); ++layer) {
    watch.throw_if_cancelled();
    const std::string number = std::to_string(layer);
    add(kChosenOn, {{"layer", number}}, choice.shares[static_cast<size_t>(layer)]);
    for (const auto& [arm, vectors] : arms) {
      const std::vector<std::string> answers = queries.answers(layer, vectors);
      const std::vector<bool> right = judge(task.rule, outputs, answers);
      add(kAccuracy, {{"arm", name_of(arm)}, {"layer", number}}, share_of(right));
      if (arm == Arm::task) add(kCopies, {{"layer", number}}, share_of_copies(task, test.items, answers));
      if (layer == choice.layer) add_items(name_of(arm), right, rows);
    }
  }
  add(kBestLayer, {}, static_cast<double>(choice.layer));
  for (const auto& [name, answers] : {std::pair{"regular", test.regular}, {"zero-shot", queries.answers()}}) {
    const std::vector<bool> right = judge(task.rule, outputs, answers);
    add(kAccuracy, {{"arm", name}}, share_of(right));
    add_items(name, right, rows);
  }
  return rows;
}

}  // namespace manabi::study::task_vectors
