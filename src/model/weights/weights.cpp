#include "model/weights/weights.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "base/error.h"

namespace manabi::model {
namespace {

// Rows are decoded a few at a time, so that the float32 values are rounded and checked while they are still in the nearest cache.
constexpr int64_t kValuesAtOnce = 8192;
// A message lists this many tensors of each kind and counts the rest.
constexpr size_t kListedTensors = 12;

std::string shape_text(const std::vector<int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

int64_t values_in(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

// What does not fit between a container and a configuration, one list of lines for each kind.
class Misfits {
 public:
  void add_missing(std::string line) { missing_.push_back(std::move(line)); }
  void add_unused(std::string line) { unused_.push_back(std::move(line)); }
  void add_misshaped(std::string line) { misshaped_.push_back(std::move(line)); }
  void add_undecodable(std::string line) { undecodable_.push_back(std::move(line)); }

  void throw_if_any(const std::string& where) const {
    std::string given;
    append(given, "missing", missing_);
    append(given, "unused", unused_);
    append(given, "of another shape", misshaped_);
    append(given, "in an unknown encoding", undecodable_);
    if (given.empty()) return;
    throw base::Error({.where = where,
                       .given = "the tensors do not fit the configuration: " + given,
                       .expected = undecodable_.empty() ? "exactly the tensors that the configuration calls for"
                                                        : "tensors in one of the encodings " + list_encodings(),
                       .hint = hint()});
  }

 private:
  static void append(std::string& text, const char* kind, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    const std::span listed(lines.data(), std::min(lines.size(), kListedTensors));
    text += fmt::format("{}{} {}: {}", text.empty() ? "" : "; ", lines.size(), kind, fmt::join(listed, ", "));
    if (lines.size() > listed.size()) text += fmt::format(" and {} more", lines.size() - listed.size());
  }

  std::string hint() const {
    if (!undecodable_.empty()) return "convert the file to one of these encodings";
    if (!unused_.empty() && missing_.empty() && misshaped_.empty()) return "the checkpoint has parts (biases, adapters) that this family lacks";
    return "the file may be incomplete, or its configuration belongs to another model";
  }

  std::vector<std::string> missing_, unused_, misshaped_, undecodable_;
};

// The row of the file that holds row `row` of the half-split order: interleaved files keep value i of a head beside value i + E/2.
int64_t interleaved_row(int64_t row, int64_t head_width) {
  const int64_t head = row / head_width;
  const int64_t within = row % head_width;
  const int64_t half = head_width / 2;
  return head * head_width + within % half * 2 + within / half;
}

// Decodes `values` consecutive values at block `source`, straight into a float32 destination or through a buffer into a bfloat16 one.
// Returns whether all are finite.
bool decode_values(const BlockFormat& format, const std::byte* source, int64_t values, at::ScalarType dtype, char* destination,
                   std::vector<float>& buffer) {
  const bool is_direct = dtype == at::kFloat;
  float* decoded = is_direct ? reinterpret_cast<float*>(destination) : buffer.data();
  format.decode(source, values / format.values, decoded);
  const std::span<const float> result(decoded, static_cast<size_t>(values));
  if (!is_direct) round_to_bfloat16(result, reinterpret_cast<uint16_t*>(destination));
  return all_finite(result);
}

}  // namespace

Weights::Weights(const StoredWeights& stored, std::span<const RequiredTensor> required, int64_t threads)
    : where_(stored.where), rotated_rows_(stored.rotated_rows), threads_(threads > 0 ? threads : at::get_num_threads()) {
  std::map<std::string, const StoredTensor*> unclaimed;
  for (const StoredTensor& tensor : stored.tensors) unclaimed[tensor.name] = &tensor;

  Misfits misfits;
  for (const RequiredTensor& wanted : required) {
    const std::string& name = stored.naming == Naming::gguf ? wanted.gguf : wanted.hugging_face;
    const auto match = unclaimed.find(name);
    if (name.empty() || match == unclaimed.end()) {
      if (!wanted.is_optional && !wanted.is_ignored) misfits.add_missing(fmt::format("'{}' {}", name, shape_text(wanted.shape)));
      continue;
    }
    const StoredTensor& tensor = *match->second;
    unclaimed.erase(match);
    if (wanted.is_ignored) continue;
    if (!find_block_format(tensor.encoding)) {
      misfits.add_undecodable(fmt::format("'{}' ({})", name, base::gguf_type_name(tensor.encoding)));
    } else if (tensor.shape != wanted.shape) {
      misfits.add_misshaped(fmt::format("'{}' {} instead of {}", name, shape_text(tensor.shape), shape_text(wanted.shape)));
    }
    found_[wanted.key] = {&tensor, wanted.rotated_head};
  }
  for (const auto& [name, tensor] : unclaimed) misfits.add_unused(fmt::format("'{}' {}", name, shape_text(tensor->shape)));
  misfits.throw_if_any(where_);
}

at::Tensor Weights::read(TensorKey key, at::ScalarType dtype) const { return read_stacked(std::span(&key, 1), dtype); }

at::Tensor Weights::read_stacked(std::span<const TensorKey> keys, at::ScalarType dtype) const {
  std::vector<int64_t> shape = found_.at(keys.front()).stored->shape;
  shape[0] = 0;
  for (const TensorKey key : keys) shape[0] += found_.at(key).stored->shape[0];

  at::Tensor stacked = at::empty(shape, dtype);
  int64_t first_row = 0;
  for (const TensorKey key : keys) {
    const Found& found = found_.at(key);
    read_into(found, stacked.narrow(0, first_row, found.stored->shape[0]));
    first_row += found.stored->shape[0];
  }
  return stacked;
}

void Weights::read_into(const Found& found, at::Tensor destination) const {
  const StoredTensor& stored = *found.stored;
  const BlockFormat& format = *find_block_format(stored.encoding);
  const int64_t rows = stored.shape.size() > 1 ? stored.shape[0] : 1;
  const int64_t row_values = values_in(stored.shape) / rows;
  const int64_t row_bytes = row_values / format.values * format.bytes;
  const int64_t slice_values = std::max(kValuesAtOnce / format.values, int64_t{1}) * format.values;
  const bool reorders = found.rotated_head > 0 && rotated_rows_ == RotatedRows::interleaved;
  const at::ScalarType dtype = destination.scalar_type();
  const auto value_bytes = static_cast<int64_t>(destination.element_size());
  char* const first_value = static_cast<char*>(destination.data_ptr());

  std::atomic<bool> is_finite = true;
  const int64_t least_rows = std::max((rows + threads_ - 1) / threads_, kValuesAtOnce / row_values);
  at::parallel_for(0, rows, std::max(least_rows, int64_t{1}), [&](int64_t begin, int64_t end) {
    std::vector<float> buffer(static_cast<size_t>(dtype == at::kFloat ? 0 : std::min(slice_values, row_values)));
    bool mine_are_finite = true;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t source_row = reorders ? interleaved_row(row, found.rotated_head) : row;
      for (int64_t done = 0; done < row_values; done += slice_values) {
        const std::byte* source = stored.bytes.data() + source_row * row_bytes + done / format.values * format.bytes;
        char* target = first_value + (row * row_values + done) * value_bytes;
        mine_are_finite &= decode_values(format, source, std::min(slice_values, row_values - done), dtype, target, buffer);
      }
    }
    if (!mine_are_finite) is_finite = false;
  });
  if (!is_finite) {
    throw base::Error({.where = where_ + ", tensor '" + stored.name + "'",
                       .given = "a value that is infinite or not a number",
                       .expected = "finite weights",
                       .hint = "the file is damaged or its training diverged"});
  }
  if (stored.file) stored.file->release(static_cast<size_t>(stored.bytes.data() - stored.file->bytes().data()), stored.bytes.size());
}

}  // namespace manabi::model
