#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "tensor/fused.h"
#include "tensor/kernels/format.h"

namespace manabi::tensor {
namespace {

// Tokens of one task of the kernel. A constant, so that the order of additions does not depend on the number of threads.
constexpr int64_t kPartTokens = 1024;

int64_t parts_of(const at::Tensor& unembedding) { return (unembedding.size(0) + kPartTokens - 1) / kPartTokens; }

void check_vocabulary(const at::Tensor& hidden, const at::Tensor& unembedding) {
  TORCH_CHECK(
      hidden.dim() == 2 && unembedding.dim() == 2 && hidden.size(1) == unembedding.size(1) && hidden.scalar_type() == unembedding.scalar_type(),
      "hidden is ", hidden.sizes(), " ", hidden.toString(), ", the unembedding ", unembedding.sizes(), " ", unembedding.toString(),
      ", expected [N, D] and [V, D] of one dtype");
}

void check_targets(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets) {
  check_vocabulary(hidden, unembedding);
  TORCH_CHECK(targets.dim() == 2 && targets.size(1) == 2 && targets.scalar_type() == at::kLong, "targets are ", targets.sizes(), " ",
              targets.toString(), ", expected [M, 2] int64");
  if (targets.numel() == 0) return;
  const at::Tensor bounds = at::tensor({hidden.size(0), unembedding.size(0)}, targets.options());
  TORCH_CHECK((targets.ge(0) & targets.lt(bounds)).all().item<bool>(), "targets reach outside ", hidden.size(0), " rows and ",
              unembedding.size(0), " tokens");
}

// Where the kernel can run on these two: nothing on other devices, and for bfloat16 rows that do not split into pairs.
std::optional<kernels::Format> kernel_format(const at::Tensor& hidden) {
  return hidden.size(1) % 2 == 0 ? kernels::format_of(hidden) : std::nullopt;
}

// Calls use(part, first token, scratch) for parts that cover the vocabulary, on all threads. Both matrices are contiguous.
template <class Use>
void for_each_part(kernels::Format format, const at::Tensor& hidden, const at::Tensor& unembedding, const Use& use) {
  const int64_t parts = parts_of(unembedding);
  const auto bytes = static_cast<int64_t>(kernels::find_kernels(format)->vocabulary_scratch_bytes(hidden.size(0), hidden.size(1)));
  const auto* tokens = static_cast<const char*>(unembedding.const_data_ptr());
  const int64_t token_bytes = unembedding.size(1) * static_cast<int64_t>(unembedding.element_size());
  std::atomic<int64_t> next = 0;
  at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), parts), 1, [&](int64_t, int64_t) {
    const at::Tensor scratch = at::empty({bytes}, at::kByte);
    for (int64_t part = next++; part < parts; part = next++) {
      const int64_t first_token = part * kPartTokens;
      const kernels::VocabularyPart vocabulary_part = {.format = format,
                                                       .hidden = hidden.const_data_ptr(),
                                                       .unembedding = tokens + first_token * token_bytes,
                                                       .rows = hidden.size(0),
                                                       .tokens = std::min(kPartTokens, unembedding.size(0) - first_token),
                                                       .width = hidden.size(1)};
      use(vocabulary_part, first_token, scratch.data_ptr());
    }
  });
}

// hidden [N, D], unembedding [V, D] -> [N] float32: log of the sum of exp(logit) over the vocabulary.
at::Tensor log_sum_exp_with_kernel(kernels::Format format, const at::Tensor& hidden, const at::Tensor& unembedding) {
  const at::Tensor results = at::empty({parts_of(unembedding), hidden.size(0)}, at::kFloat);
  float* first_result = results.data_ptr<float>();
  for_each_part(format, hidden, unembedding, [&](const kernels::VocabularyPart& part, int64_t first_token, void* scratch) {
    kernels::find_kernels(format)->log_sum_exp(part, first_result + first_token / kPartTokens * part.rows, scratch);
  });
  return results.logsumexp(0);
}

at::Tensor logits_with_kernel(kernels::Format format, const at::Tensor& hidden, const at::Tensor& unembedding) {
  const at::Tensor logits = at::empty({hidden.size(0), unembedding.size(0)}, at::kFloat);
  float* first_logit = logits.data_ptr<float>();
  for_each_part(format, hidden, unembedding, [&](const kernels::VocabularyPart& part, int64_t first_token, void* scratch) {
    kernels::find_kernels(format)->logits(part, first_logit + first_token, unembedding.size(0), scratch);
  });
  return logits;
}

// The same from tensor operations, on any device: blocks of the vocabulary in float32, about 32 MiB of logits at a time.
at::Tensor log_sum_exp_in_blocks(const at::Tensor& hidden, const at::Tensor& unembedding) {
  const int64_t block = std::max<int64_t>(1024, (int64_t{1} << 23) / std::max<int64_t>(1, hidden.size(0)));
  std::vector<at::Tensor> results;
  for (const at::Tensor& tokens : unembedding.split(block, 0)) {
    results.push_back(at::linear(hidden.to(at::kFloat), tokens.to(at::kFloat)).logsumexp(1));
  }
  return at::stack(results).logsumexp(0);
}

at::Tensor log_sum_exp(const at::Tensor& hidden, const at::Tensor& unembedding) {
  const std::optional<kernels::Format> format = kernel_format(hidden);
  if (!format) return log_sum_exp_in_blocks(hidden, unembedding);
  return log_sum_exp_with_kernel(*format, hidden.contiguous(), unembedding.contiguous());
}

}  // namespace

at::Tensor all_logits(const at::Tensor& hidden, const at::Tensor& unembedding) {
  check_vocabulary(hidden, unembedding);
  const std::optional<kernels::Format> format = kernel_format(hidden);
  if (!format) return at::linear(hidden.to(at::kFloat), unembedding.to(at::kFloat));
  return logits_with_kernel(*format, hidden.contiguous(), unembedding.contiguous());
}

at::Tensor target_log_probabilities(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets) {
  check_targets(hidden, unembedding, targets);
  if (targets.numel() == 0) return at::empty({0}, hidden.options().dtype(at::kFloat));
  return target_logits(hidden, unembedding, targets) - log_sum_exp(hidden, unembedding).index_select(0, targets.select(1, 0));
}

at::Tensor target_logits(const at::Tensor& hidden, const at::Tensor& unembedding, const at::Tensor& targets) {
  check_targets(hidden, unembedding, targets);
  const at::Tensor chosen_hidden = hidden.index_select(0, targets.select(1, 0)).to(at::kFloat);
  const at::Tensor chosen_rows = unembedding.index_select(0, targets.select(1, 1)).to(at::kFloat);
  return (chosen_hidden * chosen_rows).sum(-1);
}

}  // namespace manabi::tensor
