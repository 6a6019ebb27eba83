// Attention of packed rows as batched products of one row and one direction at a time: rows are short beside the network, so that the products
// of a row are small and what counts is not to store scores.
#include <ATen/Parallel.h>

#include <array>
#include <limits>
#include <numeric>

#include "tensor/differentiable/fused.h"
#include "tensor/differentiable/packed.h"
#include "tensor/fused.h"

namespace manabi::tensor {
namespace {

struct HeadCounts {
  int64_t queries, keys;  // H, G
  int64_t group() const { return queries / keys; }
};

struct RowTensors {
  at::Tensor queries;       // [G, H / G * T, E]
  at::Tensor keys, values;  // [G, S, E]: everything that the row sees
};

// [T, G C, E] -> [G, C T, E].
at::Tensor heads_first(const at::Tensor& heads, int64_t groups) {
  return heads.view({heads.size(0), groups, -1, heads.size(2)}).permute({1, 2, 0, 3}).flatten(1, 2);
}

// Back: [G, C T, E] -> [T, G C, E].
at::Tensor tokens_first(const at::Tensor& tensor, int64_t length) {
  return tensor.view({tensor.size(0), -1, length, tensor.size(2)}).permute({2, 0, 1, 3}).flatten(1, 2);
}

// The runs of positions that a row sees before its own, of keys (which = 0) or values (1), each [., G, E].
std::vector<at::Tensor> earlier_runs(const at::Tensor& projections, const at::Tensor& prefixes, std::span<const PackedRow> rows,
                                     const PackedRow& row, HeadCounts heads, int64_t which) {
  std::vector<at::Tensor> runs;
  const PackedRow* parent = row.parent < 0 ? nullptr : &rows[static_cast<size_t>(row.parent)];
  const PackedRow& first = parent ? *parent : row;
  if (first.prefix_length > 0) runs.push_back(prefixes.narrow(0, first.prefix_begin, first.prefix_length).select(1, which));
  if (parent) runs.push_back(projections.narrow(0, parent->begin, parent->length).narrow(1, heads.queries + which * heads.keys, heads.keys));
  return runs;
}

RowTensors tensors_of(const at::Tensor& projections, const at::Tensor& prefixes, std::span<const PackedRow> rows, const PackedRow& row,
                      HeadCounts heads) {
  const at::Tensor own = projections.narrow(0, row.begin, row.length);
  const auto seen = [&](int64_t which) {
    std::vector<at::Tensor> runs = earlier_runs(projections, prefixes, rows, row, heads, which);
    runs.push_back(own.narrow(1, heads.queries + which * heads.keys, heads.keys));
    return at::cat(runs).transpose(0, 1).contiguous();
  };
  return {.queries = heads_first(own.narrow(1, 0, heads.queries).contiguous(), heads.keys), .keys = seen(0), .values = seen(1)};
}

// What each query gives each position that it sees: [G, H / G * T, S].
at::Tensor weights_of(const RowTensors& row, int64_t length) {
  const int64_t seen = row.keys.size(1);
  const double scale = 1 / std::sqrt(static_cast<double>(row.keys.size(2)));
  const at::Tensor scores = at::bmm(row.queries, row.keys.transpose(1, 2)).mul_(scale);
  const at::Tensor unseen = at::ones({length, seen}, scores.options().dtype(at::kBool)).triu_(seen - length + 1);
  scores.view({scores.size(0), -1, length, seen}).masked_fill_(unseen, -std::numeric_limits<double>::infinity());
  return scores.softmax(-1);
}

// Turns queries and keys; with the sines' sign changed, back.
void turn_(const at::Tensor& projections, HeadCounts heads, const at::Tensor& cosines, const at::Tensor& sines) {
  at::Tensor turned = projections.narrow(1, 0, heads.queries + heads.keys);
  rotate_(turned, at::arange(projections.size(0), at::TensorOptions(at::kLong).device(projections.device())), cosines, sines);
}

// The rows as autograd can keep them.
at::Tensor packed(std::span<const PackedRow> rows) {
  const at::Tensor numbers = at::empty({std::ssize(rows), 5}, at::kLong);
  int64_t* number = numbers.data_ptr<int64_t>();
  for (const PackedRow& row : rows)
    for (const int64_t value : {row.begin, row.length, row.parent, row.prefix_begin, row.prefix_length}) *number++ = value;
  return numbers;
}

std::vector<PackedRow> unpacked(const at::Tensor& numbers) {
  std::vector<PackedRow> rows;
  const int64_t* number = numbers.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < numbers.size(0); ++i, number += 5)
    rows.push_back({.begin = number[0], .length = number[1], .parent = number[2], .prefix_begin = number[3], .prefix_length = number[4]});
  return rows;
}

struct PackedAttention : Function<PackedAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& projections, const std::optional<at::Tensor>& prefixes,
                            const std::optional<at::Tensor>& cosines, const std::optional<at::Tensor>& sines, const at::Tensor& rows,
                            int64_t queries) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const HeadCounts heads = {.queries = queries, .keys = (projections.size(1) - queries) / 2};
    const at::Tensor earlier = prefixes.value_or(at::Tensor());
    if (cosines) turn_(projections, heads, *cosines, *sines);
    const at::Tensor output = at::empty({projections.size(0), queries, projections.size(2)}, projections.options());
    const std::vector<PackedRow> all = unpacked(rows);
    at::parallel_for(0, std::ssize(all), 1, [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowADInplaceOrView below_here;
      for (const PackedRow& row : std::span(all).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))) {
        const RowTensors tensors = tensors_of(projections, earlier, all, row, heads);
        output.narrow(0, row.begin, row.length).copy_(tokens_first(at::bmm(weights_of(tensors, row.length), tensors.values), row.length));
      }
    });
    context->save_for_backward({projections, earlier, cosines.value_or(at::Tensor()), sines.value_or(at::Tensor()), rows});
    context->saved_data["queries"] = queries;
    return output.flatten(1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &projections = saved[0], &prefixes = saved[1], &cosines = saved[2], &sines = saved[3];
    const HeadCounts heads = {.queries = context->saved_data["queries"].toInt(),
                              .keys = (projections.size(1) - context->saved_data["queries"].toInt()) / 2};
    const at::Tensor output = gradients[0].view({projections.size(0), heads.queries, projections.size(2)});
    const at::Tensor gradient = at::zeros_like(projections);
    const at::Tensor prefix_gradient = prefixes.defined() ? at::zeros_like(prefixes) : at::Tensor();
    const std::vector<PackedRow> rows = unpacked(saved[4]);
    // Of everything that each row sees: keys and values. Rows share some of it, so that these are added up afterwards, in their order.
    std::vector<std::array<at::Tensor, 2>> seen(rows.size());
    at::parallel_for(0, std::ssize(rows), 1, [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowADInplaceOrView below_here;
      for (int64_t index = begin; index < end; ++index) {
        const PackedRow& row = rows[static_cast<size_t>(index)];
        const RowTensors tensors = tensors_of(projections, prefixes, rows, row, heads);
        const at::Tensor weights = weights_of(tensors, row.length);
        const at::Tensor outer = heads_first(output.narrow(0, row.begin, row.length).contiguous(), heads.keys);
        const double scale = 1 / std::sqrt(static_cast<double>(projections.size(2)));
        const at::Tensor scores =
            at::_softmax_backward_data(at::bmm(outer, tensors.values.transpose(1, 2)), weights, -1, weights.scalar_type()).mul_(scale);
        gradient.narrow(0, row.begin, row.length).narrow(1, 0, heads.queries).copy_(tokens_first(at::bmm(scores, tensors.keys), row.length));
        seen[static_cast<size_t>(index)] = {at::bmm(scores.transpose(1, 2), tensors.queries), at::bmm(weights.transpose(1, 2), outer)};
      }
    });
    for (size_t index = 0; index < rows.size(); ++index)
      for (int64_t which : {0, 1})
        give_back(seen[index][static_cast<size_t>(which)], which, rows[index], rows, heads, gradient, prefix_gradient);
    if (cosines.defined()) turn_(gradient, heads, cosines, sines.neg());
    return {gradient, prefix_gradient, {}, {}, {}, {}};
  }

  // Adds the gradients [G, S, E] of what a row saw to where it came from.
  static void give_back(const at::Tensor& seen, int64_t which, const PackedRow& row, std::span<const PackedRow> rows, HeadCounts heads,
                        const at::Tensor& gradient, const at::Tensor& prefix_gradient) {
    std::vector<at::Tensor> runs = earlier_runs(gradient, prefix_gradient, rows, row, heads, which);
    runs.push_back(gradient.narrow(0, row.begin, row.length).narrow(1, heads.queries + which * heads.keys, heads.keys));
    int64_t begin = 0;
    for (at::Tensor& run : runs) {
      run.add_(seen.narrow(1, begin, run.size(0)).transpose(0, 1));
      begin += run.size(0);
    }
  }
};

at::Tensor turned(const at::Tensor& heads, const Rotation& rotation) {
  const std::vector<at::Tensor> halves = heads.chunk(2, -1);
  const at::Tensor cosines = rotation.cosines.to(heads.scalar_type()).unsqueeze(1), sines = rotation.sines.to(heads.scalar_type()).unsqueeze(1);
  return at::cat({halves[0] * cosines - halves[1] * sines, halves[1] * cosines + halves[0] * sines}, -1);
}

// Queries and keys turned, values as they are.
at::Tensor turned_projections(const at::Tensor& projections, HeadCounts heads, const Rotation& rotation) {
  if (!rotation.cosines.defined()) return projections;
  const int64_t turning = heads.queries + heads.keys;
  return at::cat({turned(projections.narrow(1, 0, turning), rotation), projections.narrow(1, turning, heads.keys)}, 1);
}

// The rows of tensor [N, C, E] that places [...] name: [..., C, E]. As an embedding, whose gradient is added up in a fixed order on a GPU too.
at::Tensor gathered(const at::Tensor& tensor, const at::Tensor& places) {
  return at::embedding(tensor.flatten(1), places).unflatten(-1, {tensor.size(1), tensor.size(2)});
}

// All rows as one batch.
at::Tensor attend_padded(const at::Tensor& projections, HeadCounts heads, const at::Tensor& prefixes, const PackedRows::Padded& rows) {
  const int64_t width = projections.size(2), count = rows.queries.size(0), length = rows.queries.size(1), positions = rows.seen.size(1);
  const at::Tensor own = projections.narrow(1, heads.queries, 2 * heads.keys);  // [N, 2 G, E]: keys, values
  const at::Tensor places = prefixes.defined() ? at::cat({prefixes.narrow(0, 0, rows.prefixes).flatten(1, 2), own}) : own;
  const at::Tensor seen = gathered(places, rows.seen).view({count, positions, 2, heads.keys, 1, width}).permute({2, 0, 3, 4, 1, 5});
  const at::Tensor queries = gathered(projections.narrow(1, 0, heads.queries), rows.queries)
                                 .view({count, length, heads.keys, heads.group(), width})
                                 .permute({0, 2, 3, 1, 4});  // [B, G, H / G, T, E]
  const at::Tensor scores = at::matmul(queries, seen[0].transpose(-1, -2)) / std::sqrt(static_cast<double>(width));
  const at::Tensor weights = scores.masked_fill(rows.unseen, -std::numeric_limits<double>::infinity()).softmax(-1);
  const at::Tensor mixed = at::matmul(weights, seen[1]).permute({0, 3, 1, 2, 4}).flatten(2).flatten(0, 1);  // [B T, H E]
  return mixed.index_select(0, rows.places);
}

void check(const at::Tensor& projections, int64_t heads, std::span<const PackedRow> rows) {
  TORCH_CHECK(projections.dim() == 3 && heads > 0 && projections.size(1) > heads && (projections.size(1) - heads) % 2 == 0 &&
                  heads % ((projections.size(1) - heads) / 2) == 0,
              "packed_attention_: projections ", projections.sizes(), " with ", heads, " heads, expected [N, H + 2 G, E], G dividing H");
  for (const PackedRow& row : rows)
    TORCH_CHECK(row.length > 0 && row.begin + row.length <= projections.size(0) && row.parent < std::ssize(rows) &&
                    (row.parent < 0 || (rows[static_cast<size_t>(row.parent)].parent < 0 && row.prefix_length == 0)),
                "packed_attention_: a row of ", row.length, " tokens from ", row.begin, " with parent ", row.parent);
}

}  // namespace

at::Tensor packed_attention_(const at::Tensor& projections, int64_t heads, const Rotation& rotation, const at::Tensor& prefixes,
                             const PackedRows& rows) {
  check(projections, heads, rows.rows());
  if (rows.padded()) {
    TORCH_CHECK(rows.padded()->places.size(0) == projections.size(0) && (prefixes.defined() ? prefixes.size(0) : 0) >= rows.padded()->prefixes,
                "packed_attention_: rows of ", rows.padded()->places.size(0), " tokens behind ", rows.padded()->prefixes,
                " positions of prefixes for projections ", projections.sizes());
    const HeadCounts counts = {.queries = heads, .keys = (projections.size(1) - heads) / 2};
    return attend_padded(turned_projections(projections, counts, rotation), counts, prefixes, *rows.padded());
  }
  return PackedAttention::apply(projections, present(prefixes), present(rotation.cosines), present(rotation.sines), packed(rows.rows()), heads);
}

at::Tensor packed_attention_reference(const at::Tensor& projections, int64_t heads, const Rotation& rotation, const at::Tensor& prefixes,
                                      std::span<const PackedRow> rows) {
  check(projections, heads, rows);
  const HeadCounts counts = {.queries = heads, .keys = (projections.size(1) - heads) / 2};
  const at::Tensor used = turned_projections(projections, counts, rotation);
  std::vector<at::Tensor> outputs;
  for (const PackedRow& row : rows) {
    const RowTensors tensors = tensors_of(used, prefixes, rows, row, counts);
    const int64_t seen = tensors.keys.size(1);
    at::Tensor scores = at::matmul(tensors.queries, tensors.keys.transpose(1, 2)) / std::sqrt(static_cast<double>(used.size(2)));
    const at::Tensor unseen = at::ones({row.length, seen}, scores.options().dtype(at::kBool)).triu(seen - row.length + 1);
    scores = scores.view({counts.keys, -1, row.length, seen}).masked_fill(unseen, -std::numeric_limits<double>::infinity()).flatten(1, 2);
    outputs.push_back(tokens_first(at::matmul(scores.softmax(-1), tensors.values), row.length).flatten(1));
  }
  return at::cat(outputs);
}

}  // namespace manabi::tensor
