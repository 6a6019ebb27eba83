#include "study/task_vectors/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <utility>

#include "probe/vectors/prompt_runs.h"
#include "study/task_vectors/queries.h"

namespace manabi::study::task_vectors {
namespace {

using probe::PromptGroup;
using probe::PromptRuns;

// The same demonstrations with their outputs changed round.
std::vector<MappingItem> with_shuffled_outputs(std::vector<MappingItem> items, const base::Rng& rng) {
  for (size_t index = 0; index < items.size(); ++index) {
    std::vector<std::string> outputs;
    for (const Mapping& pair : items[index].demonstrations) outputs.push_back(pair.output);
    base::Rng order = rng.child(static_cast<uint64_t>(index));
    order.shuffle(std::span(outputs));
    for (size_t i = 0; i < outputs.size(); ++i) items[index].demonstrations[i].output = outputs[i];
  }
  return items;
}

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

void add_items(const std::string& arm, const std::vector<bool>& right, std::vector<lab::Row>& rows) {
  for (size_t item = 0; item < right.size(); ++item)
    rows.push_back({.metric = kRight, .at = {{"arm", arm}, {"item", std::to_string(item)}}, .value = right[item] ? 1.0 : 0.0, .n = 1});
}

}  // namespace

std::string name_of(Arm arm) {
  constexpr std::array kNames = {"task vector", "shuffled labels", "another task", "random vector"};
  return kNames[static_cast<size_t>(arm)];
}

std::vector<MappingItem> draw_items(const ReadableTask& task, int64_t count, const base::Rng& rng, const world::MappingDraw& draw) {
  std::vector<MappingItem> items;
  for (int64_t index = 0; index < count; ++index) items.push_back(world::draw_item(task.pairs, rng.child(static_cast<uint64_t>(index)), draw));
  return items;
}

// Behind each item's demonstrations its dummies, whose streams are averaged, and its query.
ReadItems read_items(const model::Checkpoint& checkpoint, std::vector<MappingItem> items, const VectorOptions& options) {
  const c10::InferenceMode inference;
  std::vector<PromptGroup> groups;
  for (const MappingItem& item : items) {
    PromptGroup& group = groups.emplace_back();
    for (const Mapping& dummy : item.dummies) group.push_back(tokens_of(checkpoint, world::prompt_of(item.demonstrations, dummy.input)));
    group.push_back(tokens_of(checkpoint, world::prompt_of(item.demonstrations, item.query.input)));
  }
  const PromptRuns runs(*checkpoint.lm, groups, options.token_budget);
  const auto count = std::ssize(items), prompts = options.draw.dummies + 1;
  const at::Tensor states = runs.states().view({count, prompts, runs.states().size(1), runs.states().size(2)});
  const at::Tensor queries = runs.hidden().view({count, prompts, -1}).select(1, options.draw.dummies);
  return {.items = std::move(items),
          .thetas = states.narrow(1, 0, options.draw.dummies).mean(1),
          .regular = answers_after(checkpoint, queries.contiguous())};
}

std::vector<lab::Row> measure_task(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadableTask& other,
                                   const VectorOptions& options, const base::Rng& rng, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const auto read = [&](const ReadableTask& from, const char* purpose) {
    watch.throw_if_cancelled();
    return read_items(checkpoint, draw_items(from, options.items, rng.child(purpose), options.draw), options);
  };
  const ReadItems dev = read(task, "dev"), test = read(task, "test"), others = read(other, "other task");
  const ReadItems shuffled = read_items(checkpoint, with_shuffled_outputs(test.items, rng.child("shuffled")), options);
  const std::vector<std::pair<Arm, at::Tensor>> arms = {
      {Arm::task, test.thetas}, {Arm::shuffled, shuffled.thetas}, {Arm::other, others.thetas}, {Arm::random, random_like(test.thetas, rng)}};
  const LayerChoice choice = choose_layer(checkpoint, task, dev, options.token_budget);
  const Queries queries(checkpoint, zero_shot_prompts(test.items), options.token_budget);
  const std::vector<std::string> outputs = outputs_of(test.items);

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
