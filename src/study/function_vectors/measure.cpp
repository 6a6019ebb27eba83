#include "study/function_vectors/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "study/item_arms.h"

namespace manabi::study::function_vectors {
namespace {

constexpr double kTrainShare = 0.7, kValidShare = 0.09;

std::vector<MappingItem> solved_ones(const std::vector<MappingItem>& items, const std::vector<bool>& solved) {
  std::vector<MappingItem> chosen;
  for (size_t i = 0; i < items.size(); ++i)
    if (solved[i]) chosen.push_back(items[i]);
  return chosen;
}

// The queries of `valid` that the model answers behind demonstrations, each tried once.
std::vector<Mapping> solved_queries(const model::Checkpoint& checkpoint, const FunctionTask& task, const FunctionOptions& options,
                                    const base::Rng& rng) {
  const std::vector<MappingItem> items = draw_items(task, task.valid, options.clean, options.shots, rng);
  if (items.empty()) return {};
  const AskedPrompts asked(checkpoint, items, true, options);
  std::vector<Mapping> queries;
  for (const MappingItem& item : solved_ones(items, asked.judge(checkpoint, asked.runs.hidden()))) queries.push_back(item.query);
  return queries;
}

std::vector<probe::Head> random_heads(const probe::LastTokenMeans& means, int64_t count, base::Rng rng) {
  const int64_t heads = means.result.size(1);
  std::vector<int64_t> order = rng.permutation(means.result.size(0) * heads);
  order.resize(std::min(order.size(), static_cast<size_t>(count)));
  std::vector<probe::Head> chosen;
  for (const int64_t place : order) chosen.push_back({place / heads, place % heads});
  return chosen;
}

// A vector for every block: the same everywhere, or each block's own.
struct AddedVector {
  std::string name;
  at::Tensor of_layer;  // [L, D]
};

std::vector<AddedVector> vectors_of(const TaskHeads& of_task, const std::vector<probe::Head>& heads, const FunctionOptions& options,
                                    const base::Rng& rng) {
  const probe::LastTokenMeans& means = of_task.means;
  const auto everywhere = [&](const std::vector<probe::Head>& chosen) {
    return probe::function_vector(means, chosen).unsqueeze(0).expand({means.states.size(0), -1});
  };
  return {{kFunction, everywhere(heads)},
          {kOwnHeads, everywhere(probe::strongest_heads(of_task.effects, options.heads))},
          {kRandomHeads, everywhere(random_heads(means, options.heads, rng.child("random heads")))},
          {kMeanState, means.states}};
}

}  // namespace

std::string arm_of(const std::string& context, const std::string& vector) { return context + ", " + vector; }

int64_t judged_layer(int64_t layers) { return layers / 3; }

FunctionTask divide(const world::MappingTask& task, const text::Tokenizer& tokenizer, const base::Rng& rng) {
  FunctionTask divided{.name = task.name};
  std::vector<Mapping> pairs;
  for (const Mapping& pair : task.pairs)
    if (tokenizer.bytes_of(tokenizer.encode(" " + pair.output).front()) != " ") pairs.push_back({" " + pair.input, " " + pair.output});
  base::Rng order = rng.child("split");
  const auto count = std::ssize(pairs);
  const auto train = static_cast<int64_t>(kTrainShare * static_cast<double>(count)),
             valid = std::max<int64_t>(1, static_cast<int64_t>(kValidShare * static_cast<double>(count)));
  int64_t place = 0;
  for (const int64_t index : order.permutation(count)) {
    (place < train ? divided.train : place < train + valid ? divided.valid : divided.test).push_back(pairs[static_cast<size_t>(index)]);
    ++place;
  }
  return divided;
}

FunctionTask undivided(const probe::ReadableTask& task) {
  return {.name = task.name, .train = task.pairs, .valid = task.pairs, .test = task.pairs};
}

std::vector<MappingItem> draw_items(const FunctionTask& task, std::span<const Mapping> queries, int64_t count, int64_t shots,
                                    const base::Rng& rng) {
  std::vector<MappingItem> items;
  const int64_t wanted = std::min(count, std::ssize(queries));
  base::Rng choice = rng.child("queries");
  const std::vector<int64_t> order = choice.permutation(std::ssize(queries));
  for (int64_t index = 0; index < wanted; ++index) {
    MappingItem item{.query = queries[static_cast<size_t>(order[static_cast<size_t>(index)])]};
    base::Rng own = rng.child(static_cast<uint64_t>(index));
    for (const int64_t place : own.permutation(std::ssize(task.train))) {
      const Mapping& pair = task.train[static_cast<size_t>(place)];
      if (std::ssize(item.demonstrations) < shots && pair.input != item.query.input) item.demonstrations.push_back(pair);
    }
    items.push_back(std::move(item));
  }
  return items;
}

namespace {

std::vector<probe::PromptGroup> groups_of(const model::Checkpoint& checkpoint, std::span<const MappingItem> items, bool with_demonstrations,
                                          const world::MappingForm& form) {
  std::vector<probe::PromptGroup> groups;
  for (const std::string& prompt : with_demonstrations ? probe::prompts_of(items, form) : probe::zero_shot_prompts(items, form))
    groups.push_back({probe::tokens_of(checkpoint, prompt)});
  return groups;
}

}  // namespace

AskedPrompts::AskedPrompts(const model::Checkpoint& checkpoint, std::span<const MappingItem> items, bool with_demonstrations,
                           const FunctionOptions& options)
    : runs(*checkpoint.lm, groups_of(checkpoint, items, with_demonstrations, options.form), options.token_budget) {
  for (const MappingItem& item : items) answers.push_back(checkpoint.tokenizer->encode(item.query.output).front());
}

std::vector<bool> AskedPrompts::judge(const model::Checkpoint& checkpoint, const at::Tensor& hidden) const {
  const std::vector<text::TokenId> said = probe::likeliest_next(*checkpoint.lm, hidden);
  std::vector<bool> right;
  for (size_t i = 0; i < said.size(); ++i) right.push_back(said[i] == answers[i]);
  return right;
}

std::optional<TaskHeads> read_heads(const model::Checkpoint& checkpoint, const FunctionTask& task, const FunctionOptions& options,
                                    const base::Rng& rng, const base::Watch& watch) {
  const c10::InferenceMode inference;
  const std::vector<Mapping> queries = solved_queries(checkpoint, task, options, rng.child("solved"));
  if (queries.empty()) return std::nullopt;
  const auto items_of = [&](int64_t count, const char* purpose) {
    std::vector<MappingItem> items;
    for (uint64_t round = 0; std::ssize(items) < count; ++round)  // few queries come again, behind other demonstrations
      std::ranges::move(draw_items(task, queries, count - std::ssize(items), options.shots, rng.child(purpose).child(round)),
                        std::back_inserter(items));
    return items;
  };
  std::vector<std::vector<text::TokenId>> clean;
  for (const std::string& prompt : probe::prompts_of(items_of(options.clean, "clean"), options.form))
    clean.push_back(probe::tokens_of(checkpoint, prompt));
  watch.throw_if_cancelled();
  TaskHeads heads{.means = probe::last_token_means(*checkpoint.lm, clean, options.token_budget, {.cancel = watch.cancel})};
  const std::vector<MappingItem> corrupted =
      probe::with_shuffled_outputs(items_of(options.corrupted, "corrupted"), rng.child("shuffled for effects"));
  const AskedPrompts asked(checkpoint, corrupted, true, options);
  heads.effects = probe::head_effects(*checkpoint.lm, {asked.runs, asked.answers}, heads.means, {.cancel = watch.cancel});
  return heads;
}

std::vector<lab::Row> judge_vector(const model::Checkpoint& checkpoint, const FunctionTask& task, const TaskHeads& of_task,
                                   const std::vector<probe::Head>& heads, const FunctionOptions& options, const base::Rng& rng,
                                   const base::Watch& watch) {
  const c10::InferenceMode inference;
  std::vector<lab::Row> rows;
  const std::vector<MappingItem> all = draw_items(task, task.test, options.items, options.shots, rng.child("test"));
  if (all.empty()) return rows;
  const AskedPrompts regular(checkpoint, all, true, options);
  const std::vector<bool> solved = regular.judge(checkpoint, regular.runs.hidden());
  const std::vector<MappingItem> items = solved_ones(all, solved);
  rows.push_back({.metric = kSolved, .value = probe::share_of(solved), .n = std::ssize(all)});
  if (std::ssize(items) < std::min(kFewestItems, options.items / 2)) return rows;

  const std::vector<AddedVector> vectors = vectors_of(of_task, heads, options, rng);
  const int64_t layers = checkpoint.lm->layers();
  const auto judge = [&](const std::string& context, const AskedPrompts& asked) {
    const auto add = [&](const std::string& vector, const lab::Coordinates& at, const std::vector<bool>& right, bool is_judged) {
      lab::Coordinates where = at;
      where["context"] = context;
      where["vector"] = vector;
      rows.push_back({.metric = kAccuracy, .at = where, .value = probe::share_of(right), .n = std::ssize(right)});
      if (is_judged) add_items(arm_of(context, vector), right, rows);
    };
    add(kNone, {}, asked.judge(checkpoint, asked.runs.hidden()), true);
    for (const AddedVector& vector : vectors) {
      for (int64_t layer = 0; layer < layers; ++layer) {
        watch.throw_if_cancelled();
        const at::Tensor states = asked.runs.states().select(1, layer);
        const at::Tensor added = states + vector.of_layer.select(0, layer).to(states.scalar_type());
        add(vector.name, {{"layer", std::to_string(layer)}}, asked.judge(checkpoint, asked.runs.hidden_after(layer, added)),
            layer == judged_layer(layers));
      }
    }
  };
  judge(kZeroShot, AskedPrompts(checkpoint, items, false, options));
  judge(kShuffled, AskedPrompts(checkpoint, probe::with_shuffled_outputs(items, rng.child("shuffled")), true, options));
  return rows;
}

}  // namespace manabi::study::function_vectors
