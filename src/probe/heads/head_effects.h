// Which heads carry a task (Todd et al. 2024, section 2): what each head says at a prompt's last token, mean over prompts whose demonstrations
// show the task, put into prompts whose demonstrations say nothing of it. The effect of a head is what the right answer gains by it.
//
// Letters: P prompts, L layers, H heads, E width of a head, D width.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/watch.h"
#include "probe/vectors/prompt_runs.h"

namespace manabi::probe {

// At the last token, means over prompts.
struct LastTokenMeans {
  at::Tensor z;       // [L, H, E]: what the heads read, before the projection
  at::Tensor result;  // [L, H, D]: what each head writes; the projection's bias is nobody's
  at::Tensor states;  // [L, D]: the stream behind each block
};

// Throws base::Error for no prompts. The watch counts prompts.
LastTokenMeans last_token_means(const model::CausalLM& lm, std::span<const std::vector<TokenId>> prompts, int64_t token_budget,
                                const base::Watch& watch = {});

// A prompt and the first token of its right answer.
struct AnswerableRuns {
  const PromptRuns& runs;
  std::span<const TokenId> answers;  // one a prompt
};

// [layer][head]: probability of the answer with the head's z at the last token replaced by means.z, minus without; mean over prompts (the
// paper's average indirect effect, equation 5).
std::vector<std::vector<double>> head_effects(const model::CausalLM& lm, const AnswerableRuns& prompts, const LastTokenMeans& means,
                                              const base::Watch& watch = {});

struct Head {
  int64_t layer = 0, head = 0;
  auto operator<=>(const Head&) const = default;
};

// The heads of the largest effects, in descending order; the earlier one among equals.
std::vector<Head> strongest_heads(const std::vector<std::vector<double>>& effects, int64_t count);

// The sum of what these heads write: a function vector [D] (equation 6).
at::Tensor function_vector(const LastTokenMeans& means, std::span<const Head> heads);

// Probability of each row's token after hidden [P, D].
std::vector<double> probabilities(const model::CausalLM& lm, const at::Tensor& hidden, std::span<const TokenId> tokens);

}  // namespace manabi::probe
