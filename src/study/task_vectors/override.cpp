#include "study/task_vectors/override.h"

#include <ATen/ATen.h>

#include <map>

#include "probe/tasks/task_reading.h"

namespace manabi::study::task_vectors {
namespace {

std::map<std::string, std::string> outputs_by_input(const ReadableTask& task) {
  std::map<std::string, std::string> outputs;
  for (const Mapping& pair : task.pairs) outputs[pair.input] = pair.output;
  return outputs;
}

// Items of the task whose query the other task knows too.
std::vector<MappingItem> shared_items(const ReadableTask& task, const std::map<std::string, std::string>& other, const VectorOptions& options,
                                      const base::Rng& rng) {
  constexpr int64_t kDrawsAnItem = 20;
  std::vector<MappingItem> items;
  for (int64_t index = 0; index < kDrawsAnItem * options.items && std::ssize(items) < options.items; ++index) {
    MappingItem item = world::draw_item(task.pairs, rng.child(static_cast<uint64_t>(index)), options.draw);
    if (other.contains(item.query.input)) items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

std::vector<lab::Row> measure_override(const model::Checkpoint& checkpoint, const ReadableTask& task, const ReadableTask& injected,
                                       const VectorOptions& options, const base::Rng& rng, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const std::map<std::string, std::string> injected_outputs = outputs_by_input(injected);
  const std::vector<MappingItem> items = shared_items(task, injected_outputs, options, rng.child("task"));
  if (items.size() < 2) return {};
  // The vectors' dummies are inputs of the first task: what the prompt that they are put into holds.
  std::vector<MappingItem> sources = probe::draw_items(injected, std::ssize(items), rng.child("injected"), options.draw);
  for (size_t i = 0; i < items.size(); ++i) sources[i].dummies = items[i].dummies;
  watch.throw_if_cancelled();
  const probe::ReadItems vectors = probe::read_items(checkpoint, sources, options.token_budget);
  const probe::ReadItems dev =
      probe::read_items(checkpoint, probe::draw_items(injected, options.items, rng.child("dev"), options.draw), options.token_budget);
  const int64_t layer = probe::choose_layer(checkpoint, injected.rule, dev, options.token_budget).layer;

  std::vector<std::string> injected_answers;
  for (const MappingItem& item : items) injected_answers.push_back(injected_outputs.at(item.query.input));
  watch.throw_if_cancelled();
  const probe::Queries queries(checkpoint, probe::prompts_of(items), options.token_budget);
  std::vector<lab::Row> rows = {{.metric = kBestLayer, .value = static_cast<double>(layer), .n = options.items}};
  for (const auto& [run, answers] : {std::pair{"regular", queries.answers()}, {"patched", queries.answers(layer, vectors.thetas)}}) {
    const auto add = [&](const char* of, world::AnswerRule rule, const std::vector<std::string>& outputs) {
      rows.push_back({.metric = kAnswersOf,
                      .at = {{"run", run}, {"of", of}},
                      .value = probe::share_of(probe::judge(rule, outputs, answers)),
                      .n = std::ssize(items)});
    };
    add("task", task.rule, probe::outputs_of(items));
    add("injected", injected.rule, injected_answers);
  }
  return rows;
}

}  // namespace manabi::study::task_vectors
