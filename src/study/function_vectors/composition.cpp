#include "study/function_vectors/composition.h"

#include <ATen/ATen.h>

#include <optional>

#include "study/item_arms.h"

namespace manabi::study::function_vectors {
namespace {

constexpr int64_t kListLength = 5;
constexpr int64_t kLists = 600;

// Lists of distinct inputs; the answer is the first or last word, or what the task makes of it.
world::MappingTask of_lists(const world::MappingTask& task, bool wants_last, bool is_mapped, const base::Rng& rng) {
  world::MappingTask lists{.name = task.name};
  for (int64_t index = 0; index < kLists; ++index) {
    base::Rng own = rng.child(static_cast<uint64_t>(index));
    const std::vector<int64_t> order = own.permutation(std::ssize(task.pairs));
    std::string input;
    for (int64_t i = 0; i < kListLength; ++i)
      input += (i == 0 ? "" : ", ") + task.pairs[static_cast<size_t>(order[static_cast<size_t>(i)])].input;
    const world::Mapping& chosen = task.pairs[static_cast<size_t>(order[wants_last ? kListLength - 1 : 0])];
    lists.pairs.push_back({input, is_mapped ? chosen.output : chosen.input});
  }
  return lists;
}

}  // namespace

std::vector<lab::Row> judge_composition(const model::Checkpoint& checkpoint, const world::MappingTask& task,
                                        const std::vector<probe::Head>& heads, const FunctionOptions& options, const base::Rng& rng,
                                        const base::Watch& watch) {
  const c10::InferenceMode inference;
  if (std::ssize(task.pairs) < kListLength) return {};
  const auto divided = [&](bool wants_last, bool is_mapped) {
    return divide(of_lists(task, wants_last, is_mapped, rng.child("lists")), *checkpoint.tokenizer, rng);
  };
  const auto vector_of = [&](bool wants_last, bool is_mapped) -> std::optional<at::Tensor> {
    const auto read = read_heads(checkpoint, divided(wants_last, is_mapped), options,
                                 rng.child(wants_last ? "last" : "first").child(is_mapped ? "mapped" : "copied"), watch);
    return read ? std::optional(probe::function_vector(read->means, heads)) : std::nullopt;
  };
  const auto first_copy = vector_of(false, false), last_copy = vector_of(true, false), first_mapped = vector_of(false, true),
             last_mapped = vector_of(true, true);
  if (!first_copy || !last_copy || !first_mapped || !last_mapped) return {};

  const FunctionTask composed = divided(true, true);
  const std::vector<MappingItem> items = draw_items(composed, composed.test, options.items, options.shots, rng.child("composed"));
  const AskedPrompts alone(checkpoint, items, false, options), shown(checkpoint, items, true, options);
  const int64_t layer = judged_layer(checkpoint.lm->layers());
  const auto with = [&](const at::Tensor& vector) {
    const at::Tensor states = alone.runs.states().select(1, layer);
    return alone.judge(checkpoint, alone.runs.hidden_after(layer, states + vector.to(states.scalar_type())));
  };
  std::vector<lab::Row> rows;
  const auto add = [&](const char* arm, const std::vector<bool>& right) {
    rows.push_back({.metric = kComposed, .at = {{"arm", arm}}, .value = probe::share_of(right), .n = std::ssize(right)});
    add_items(arm, right, rows);
  };
  add(kArmNone, alone.judge(checkpoint, alone.runs.hidden()));
  add(kArmSum, with(*first_mapped + *last_copy - *first_copy));
  add(kArmOwn, with(*last_mapped));
  add(kArmRegular, shown.judge(checkpoint, shown.runs.hidden()));
  return rows;
}

}  // namespace manabi::study::function_vectors
