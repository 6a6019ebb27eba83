// Function vectors of one task in one model (Todd et al. 2024): a few heads say, at a prompt's last token, which task the demonstrations show;
// the sum of what they say is a vector that starts the task in prompts that show nothing of it.
//
// Letters: L blocks, H heads, D width.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/record.h"
#include "model/checkpoint.h"
#include "probe/heads/head_effects.h"
#include "probe/tasks/task_items.h"

namespace manabi::study::function_vectors {

using world::Mapping;
using world::MappingItem;

struct FunctionOptions {
  int64_t shots = 10;
  int64_t clean = 100;     // prompts whose heads are read
  int64_t corrupted = 25;  // prompts into which they are put
  int64_t items = 100;     // prompts on which the vector is judged, before those are left out that demonstrations do not solve
  int64_t heads = 10;      // that make the vector
  world::MappingForm form = world::kQuestionForm;
  int64_t token_budget = 2048;
};

// Below so many items that demonstrations solve a task is not judged.
inline constexpr int64_t kFewestItems = 30;

// Rows of a task's record.
inline constexpr const char* kSolved = "solved";      // share of the test items that demonstrations solve: the ones that count below
inline constexpr const char* kAccuracy = "accuracy";  // at {context, vector, layer}; without a layer where there is no vector
inline constexpr const char* kEffect = "effect";      // of a head, at {layer, head}: what the answer's probability gains, mean over prompts

// Where a vector is put, and what is put there.
inline constexpr const char* kZeroShot = "zero-shot";
inline constexpr const char* kShuffled = "shuffled outputs";
inline constexpr const char* kNone = "none";
inline constexpr const char* kFunction = "function vector";
inline constexpr const char* kOwnHeads = "the task's own heads";
inline constexpr const char* kMeanState = "mean state";
inline constexpr const char* kRandomHeads = "random heads";
// Items (study/item_arms.h) are those at the judged layer, their arm "CONTEXT, VECTOR".
std::string arm_of(const std::string& context, const std::string& vector);
// A third of the way up, fixed beforehand (the paper: block 9 of GPT-J's 28).
int64_t judged_layer(int64_t layers);

// A task whose pairs are divided: demonstrations from `train`, queries of the prompts that are read from `valid`, judged ones from `test`.
struct FunctionTask {
  std::string name;
  std::vector<Mapping> train, valid, test;  // inputs and outputs as the prompt writes them
};
// 70, 9 and 21 % of the pairs, each with a space in front. Left out are outputs whose first token is the space alone: all answers would be
// right.
FunctionTask divide(const world::MappingTask& task, const text::Tokenizer& tokenizer, const base::Rng& rng);
// All pairs for each purpose, of tasks that have few and were learned whole.
FunctionTask undivided(const probe::ReadableTask& task);

// Items of queries drawn from `queries`, or of each of them once where `count` is as large; demonstrations from `train` without the query.
std::vector<MappingItem> draw_items(const FunctionTask& task, std::span<const Mapping> queries, int64_t count, int64_t shots,
                                    const base::Rng& rng);

// Prompts read once and the first tokens of their right answers.
struct AskedPrompts {
  AskedPrompts(const model::Checkpoint& checkpoint, std::span<const MappingItem> items, bool with_demonstrations,
               const FunctionOptions& options);
  std::vector<bool> judge(const model::Checkpoint& checkpoint, const at::Tensor& hidden) const;

  std::vector<text::TokenId> answers;
  probe::PromptRuns runs;
};

// What heads say of the task, and what each does in prompts of shuffled outputs.
struct TaskHeads {
  probe::LastTokenMeans means;
  std::vector<std::vector<double>> effects;  // [L][H]
};
// Nothing where no query of `valid` is solved by demonstrations.
std::optional<TaskHeads> read_heads(const model::Checkpoint& checkpoint, const FunctionTask& task, const FunctionOptions& options,
                                    const base::Rng& rng, const base::Watch& watch);

// What the task's vector does. `heads` are the ones that all tasks share.
std::vector<lab::Row> judge_vector(const model::Checkpoint& checkpoint, const FunctionTask& task, const TaskHeads& of_task,
                                   const std::vector<probe::Head>& heads, const FunctionOptions& options, const base::Rng& rng,
                                   const base::Watch& watch);

}  // namespace manabi::study::function_vectors
