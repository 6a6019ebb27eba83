#include <ATen/ATen.h>

#include <algorithm>

#include "tensor/differentiable/packed.h"

namespace manabi::tensor {
namespace {

// Places that a row sees before its own: its first row's prefix, then its parent. `prefixes` places count before those of tokens.
std::vector<int64_t> earlier_places(std::span<const PackedRow> rows, const PackedRow& row, int64_t prefixes) {
  std::vector<int64_t> places;
  const PackedRow* parent = row.parent < 0 ? nullptr : &rows[static_cast<size_t>(row.parent)];
  const PackedRow& first = parent ? *parent : row;
  for (int64_t i = 0; i < first.prefix_length; ++i) places.push_back(first.prefix_begin + i);
  for (int64_t i = 0; parent && i < parent->length; ++i) places.push_back(prefixes + parent->begin + i);
  return places;
}

int64_t positions_of_prefixes(std::span<const PackedRow> rows) {
  int64_t end = 0;
  for (const PackedRow& row : rows) end = std::max(end, row.prefix_begin + row.prefix_length);
  return end;
}

int64_t tokens_of(std::span<const PackedRow> rows) {
  int64_t end = 0;
  for (const PackedRow& row : rows) end = std::max(end, row.begin + row.length);
  return end;
}

PackedRows::Padded pad(std::span<const PackedRow> rows, at::Device device) {
  const int64_t prefixes = positions_of_prefixes(rows), count = std::ssize(rows);
  std::vector<std::vector<int64_t>> seen;
  int64_t queries = 0, positions = 0;
  for (const PackedRow& row : rows) {
    seen.push_back(earlier_places(rows, row, prefixes));
    for (int64_t i = 0; i < row.length; ++i) seen.back().push_back(prefixes + row.begin + i);
    queries = std::max(queries, row.length);
    positions = std::max(positions, std::ssize(seen.back()));
  }
  const PackedRows::Padded padded = {.prefixes = prefixes,
                                     .queries = at::empty({count, queries}, at::kLong),
                                     .seen = at::empty({count, positions}, at::kLong),
                                     .unseen = at::ones({count, 1, 1, queries, positions}, at::kBool),
                                     .places = at::zeros({tokens_of(rows)}, at::kLong)};
  for (int64_t index = 0; index < count; ++index) {
    const PackedRow& row = rows[static_cast<size_t>(index)];
    const std::vector<int64_t>& own = seen[static_cast<size_t>(index)];
    int64_t *query = padded.queries.data_ptr<int64_t>() + index * queries, *place = padded.seen.data_ptr<int64_t>() + index * positions;
    bool* unseen = padded.unseen.data_ptr<bool>() + index * queries * positions;
    for (int64_t i = 0; i < positions; ++i) place[i] = own[static_cast<size_t>(std::min(i, std::ssize(own) - 1))];
    const int64_t earlier = std::ssize(own) - row.length;
    for (int64_t i = 0; i < queries; ++i) {
      const int64_t token = std::min(i, row.length - 1);
      query[i] = row.begin + token;
      std::fill_n(unseen + i * positions, earlier + token + 1, false);
      if (i < row.length) padded.places.data_ptr<int64_t>()[row.begin + i] = index * queries + i;
    }
  }
  return {.prefixes = prefixes,
          .queries = padded.queries.to(device),
          .seen = padded.seen.to(device),
          .unseen = padded.unseen.to(device),
          .places = padded.places.to(device)};
}

}  // namespace

PackedRows::PackedRows(std::vector<PackedRow> rows, at::Device device, bool pads) : rows_(std::move(rows)) {
  if (pads) padded_ = pad(rows_, device);
}

}  // namespace manabi::tensor
