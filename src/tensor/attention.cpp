#include "tensor/attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "tensor/kernels/format.h"

namespace manabi::tensor {
namespace {

// Queries (tokens x heads of a group) of one task: enough that packing a block of keys costs little beside multiplying it, few enough that
// their float32 sums stay in the second cache.
constexpr int64_t kTaskQueries = 192;

void check_run(const KeyValueRun& run, const at::Tensor& keys) {
  for (const at::Tensor* part : {&run.keys, &run.values}) {
    TORCH_CHECK(part->dim() == 3 && part->size(0) == run.keys.size(0) && part->size(1) == keys.size(1) && part->size(2) == keys.size(2),
                "causal_attention: a run of earlier positions is ", part->sizes(), ", expected [P, ", keys.size(1), ", ", keys.size(2), "]");
    TORCH_CHECK(part->scalar_type() == keys.scalar_type() && part->device() == keys.device(), "causal_attention: a run of earlier positions is ",
                part->toString(), ", the row's own keys are ", keys.toString());
  }
}

void check_row(const AttentionRow& row, const at::Tensor& keys) {
  TORCH_CHECK(row.begin >= 0 && row.length >= 0 && row.begin + row.length <= keys.size(0) && row.first_query >= 0, "causal_attention: a row at ",
              row.begin, " of length ", row.length, " lies outside ", keys.size(0), " tokens");
  for (const KeyValueRun& run : row.earlier) check_run(run, keys);
}

void check(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, std::span<const AttentionRow> rows) {
  TORCH_CHECK(queries.dim() == 3 && keys.dim() == 3 && keys.sizes() == values.sizes() && queries.size(0) == keys.size(0) &&
                  queries.size(2) == keys.size(2) && keys.size(1) > 0 && queries.size(1) % keys.size(1) == 0,
              "causal_attention: queries ", queries.sizes(), ", keys ", keys.sizes(), ", values ", values.sizes(),
              ", expected [N, H, E], [N, G, E], [N, G, E] with H a multiple of G");
  TORCH_CHECK(queries.scalar_type() == keys.scalar_type() && keys.scalar_type() == values.scalar_type(), "causal_attention: queries are ",
              queries.toString(), ", keys ", keys.toString(), ", values ", values.toString());
  for (const AttentionRow& row : rows) check_row(row, keys);
}

std::optional<kernels::Format> kernel_format(const at::Tensor& queries) {
  return kernels::is_attention_width(queries.size(2)) ? kernels::format_of(queries) : std::nullopt;
}

at::Tensor with_contiguous_heads(const at::Tensor& tensor) { return tensor.stride(2) == 1 ? tensor : tensor.contiguous(); }

const void* element(const at::Tensor& tensor, int64_t token, int64_t head) {
  const int64_t offset = token * tensor.stride(0) + head * tensor.stride(1);
  return static_cast<const char*>(tensor.const_data_ptr()) + offset * static_cast<int64_t>(tensor.element_size());
}

void* element(at::Tensor& tensor, int64_t token, int64_t head) { return const_cast<void*>(element(std::as_const(tensor), token, head)); }

kernels::KeyValueSegment segment(const at::Tensor& keys, const at::Tensor& values, int64_t begin, int64_t length, int64_t group) {
  return {.keys = element(keys, begin, group),
          .values = element(values, begin, group),
          .key_stride = keys.stride(0),
          .value_stride = values.stride(0),
          .length = length};
}

// One call cut into blocks of queries that any thread may take. Blocks point into `segments`, segments into the tensors.
struct Plan {
  std::vector<kernels::KeyValueSegment> segments;
  std::vector<kernels::AttentionBlock> blocks;
};

class Planner {
 public:
  Planner(kernels::Format format, const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, at::Tensor& output)
      : format_(format), queries_(queries), keys_(keys), values_(values), output_(output) {}

  Plan plan(std::span<const AttentionRow> rows) {
    size_t segments = 0;
    for (const AttentionRow& row : rows) segments += keys_.size(1) * (row.earlier.size() + 1);
    plan_.segments.reserve(segments);  // blocks hold pointers into it
    for (const AttentionRow& row : rows) {
      if (row.first_query >= row.length) continue;
      for (int64_t group = 0; group < keys_.size(1); ++group) add_blocks(row, group);
    }
    return std::move(plan_);
  }

 private:
  void add_blocks(const AttentionRow& row, int64_t group) {
    const size_t first_segment = plan_.segments.size();
    int64_t earlier = 0;
    for (const KeyValueRun& run : row.earlier) {
      plan_.segments.push_back(segment(run.keys, run.values, 0, run.keys.size(0), group));
      earlier += run.keys.size(0);
    }
    plan_.segments.push_back(segment(keys_, values_, row.begin, row.length, group));
    const std::span<const kernels::KeyValueSegment> segments(plan_.segments.begin() + first_segment, plan_.segments.end());
    const int64_t heads = queries_.size(1) / keys_.size(1);
    const int64_t block_tokens = std::max<int64_t>(1, kTaskQueries / heads);
    for (int64_t token = row.first_query; token < row.length; token += block_tokens) {
      add_block(row.begin + token, std::min(block_tokens, row.length - token), group * heads, heads, earlier + token, segments);
    }
  }

  void add_block(int64_t token, int64_t tokens, int64_t head, int64_t heads, int64_t first_position,
                 std::span<const kernels::KeyValueSegment> segments) {
    plan_.blocks.push_back({.format = format_,
                            .tokens = tokens,
                            .heads = heads,
                            .width = queries_.size(2),
                            .first_position = first_position,
                            .queries = element(queries_, token, head),
                            .query_token_stride = queries_.stride(0),
                            .query_head_stride = queries_.stride(1),
                            .segments = segments.data(),
                            .segment_count = std::ssize(segments),
                            .output = element(output_, token, head),
                            .output_token_stride = output_.stride(0)});
  }

  kernels::Format format_;
  const at::Tensor& queries_;
  const at::Tensor& keys_;
  const at::Tensor& values_;
  at::Tensor& output_;
  Plan plan_;
};

int64_t cost(const kernels::AttentionBlock& block) { return block.tokens * block.heads * (block.first_position + block.tokens); }

int64_t scratch_bytes(const kernels::Kernels& kernels, std::span<const kernels::AttentionBlock> blocks) {
  size_t most = 0;
  for (const kernels::AttentionBlock& block : blocks) {
    most = std::max(most, kernels.attention_scratch_bytes(block.tokens * block.heads, block.width));
  }
  return static_cast<int64_t>(most);
}

// Threads take blocks in turn, the most expensive ones first, so that they finish together.
void run(const kernels::Kernels& kernels, std::vector<kernels::AttentionBlock> blocks) {
  std::ranges::stable_sort(blocks, std::greater{}, cost);
  const int64_t bytes = scratch_bytes(kernels, blocks);
  std::atomic<size_t> next = 0;
  at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), std::ssize(blocks)), 1, [&](int64_t, int64_t) {
    const at::Tensor scratch = at::empty({bytes}, at::kByte);
    for (size_t taken = next++; taken < blocks.size(); taken = next++) kernels.attend(blocks[taken], scratch.data_ptr());
  });
}

// Runs with a contiguous last axis, as the kernel reads them; copies only those that have another layout.
std::vector<AttentionRow> with_contiguous_heads(std::span<const AttentionRow> rows) {
  std::vector<AttentionRow> result(rows.begin(), rows.end());
  for (AttentionRow& row : result) {
    for (KeyValueRun& part : row.earlier) part = {.keys = with_contiguous_heads(part.keys), .values = with_contiguous_heads(part.values)};
  }
  return result;
}

at::Tensor attend_with_kernel(kernels::Format format, const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                              std::span<const AttentionRow> rows) {
  at::Tensor output = at::empty(queries.sizes(), queries.options());
  const Plan plan = Planner(format, queries, keys, values, output).plan(rows);
  run(*kernels::find_kernels(format), plan.blocks);
  return output;
}

}  // namespace

at::Tensor causal_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, std::span<const AttentionRow> rows) {
  check(queries, keys, values, rows);
  const std::optional<kernels::Format> format = kernel_format(queries);
  if (!format) return causal_attention_reference(queries, keys, values, rows);
  return attend_with_kernel(*format, with_contiguous_heads(queries), with_contiguous_heads(keys), with_contiguous_heads(values),
                            with_contiguous_heads(rows));
}

}  // namespace manabi::tensor
