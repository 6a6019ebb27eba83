#include "model/packing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace manabi::model {
namespace {

[[noreturn]] void refuse(size_t row, const std::string& given, const std::string& expected, const std::string& hint = "") {
  throw base::Error({.where = fmt::format("row {}", row), .given = given, .expected = expected, .hint = hint});
}

void check_tokens(const Row& row, size_t index, const CausalLM& lm) {
  if (row.tokens.empty()) refuse(index, "no tokens", "at least one");
  for (size_t offset = 0; offset < row.tokens.size(); ++offset) {
    const TokenId token = row.tokens[offset];
    if (token < 0 || token >= lm.vocabulary()) {
      refuse(index, fmt::format("token {} at offset {}", token, offset), fmt::format("0 to {}", lm.vocabulary() - 1),
             "the tokenizer belongs to another model");
    }
  }
}

void check_wanted(const Row& row, size_t index) {
  int64_t last = -1;
  for (const int64_t offset : row.wanted) {
    if (offset <= last || offset >= static_cast<int64_t>(row.tokens.size())) {
      refuse(index, fmt::format("wanted offset {} after {}", offset, last), fmt::format("ascending offsets below {}", row.tokens.size()));
    }
    last = offset;
  }
}

void check_end(const Row& row, size_t index, const CausalLM& lm) {
  const int64_t end = (row.prefix ? row.prefix->end() : 0) + static_cast<int64_t>(row.tokens.size());
  if (end > lm.context()) {
    refuse(index, fmt::format("a sequence of {} tokens", end), fmt::format("at most {}, the model's context", lm.context()),
           "shorten the prompt, for instance with fewer demonstrations");
  }
}

// The caches of a prefix, oldest first.
std::vector<const Cache*> chain_of(const Row& row, size_t index, const CausalLM& lm) {
  std::vector<const Cache*> chain;
  for (const Cache* cache = row.prefix.get(); cache; cache = cache->parent.get()) {
    if (static_cast<int64_t>(cache->layers.size()) != lm.layers()) {
      refuse(index, fmt::format("a prefix of {} layers", cache->layers.size()), fmt::format("{} layers", lm.layers()),
             "the prefix was made by another model");
    }
    chain.push_back(cache);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::shared_ptr<Cache> new_cache(const Row& row) {
  auto cache = std::make_shared<Cache>();
  cache->parent = row.prefix;
  cache->begin = row.prefix ? row.prefix->end() : 0;
  cache->length = static_cast<int64_t>(row.tokens.size());
  return cache;
}

// How many of a row's tokens are computed.
int64_t needed_length(const Row& row) {
  if (row.keeps_cache) return static_cast<int64_t>(row.tokens.size());
  return row.wanted.empty() ? 0 : row.wanted.back() + 1;
}

at::Tensor to_tensor(const std::vector<int64_t>& values, at::Device device) { return at::tensor(values, at::kLong).to(device); }

}  // namespace

Packing::Packing(std::span<const Row> rows, const CausalLM& lm) {
  std::vector<int64_t> tokens, positions, wanted;
  for (size_t index = 0; index < rows.size(); ++index) {
    const Row& row = rows[index];
    check_tokens(row, index, lm);
    check_wanted(row, index);
    check_end(row, index, lm);

    PackedRow packed{.begin = static_cast<int64_t>(tokens.size()),
                     .length = needed_length(row),
                     .first_wanted = row.wanted.empty() ? -1 : row.wanted.front(),
                     .earlier = chain_of(row, index, lm),
                     .cache = row.keeps_cache ? new_cache(row) : nullptr,
                     .prefix = row.prefix};
    for (const int64_t offset : row.wanted) wanted.push_back(packed.begin + offset);
    const int64_t first_position = row.prefix ? row.prefix->end() : 0;
    for (int64_t offset = 0; offset < packed.length; ++offset) {
      tokens.push_back(row.tokens[static_cast<size_t>(offset)]);
      positions.push_back(first_position + offset);
    }
    rows_.push_back(std::move(packed));
  }
  const at::Device device = lm.compute().device;
  tokens_ = to_tensor(tokens, device);
  positions_ = to_tensor(positions, device);
  wanted_ = to_tensor(wanted, device);
}

tensor::AttentionRow Packing::attention_row(const PackedRow& row, size_t layer) {
  tensor::AttentionRow attention{.begin = row.begin, .length = row.length};
  attention.earlier.reserve(row.earlier.size());
  for (const Cache* cache : row.earlier) attention.earlier.push_back(cache->layers[layer]);
  return attention;
}

std::vector<tensor::AttentionRow> Packing::attention_rows(size_t layer) const {
  std::vector<tensor::AttentionRow> attention;
  for (const PackedRow& row : rows_) {
    if (row.length > 0) attention.push_back(attention_row(row, layer));
  }
  return attention;
}

std::vector<tensor::AttentionRow> Packing::wanted_attention_rows(size_t layer) const {
  std::vector<tensor::AttentionRow> attention;
  for (const PackedRow& row : rows_) {
    if (row.first_wanted < 0) continue;
    attention.push_back(attention_row(row, layer));
    attention.back().first_query = row.first_wanted;
  }
  return attention;
}

void Packing::keep(const at::Tensor& keys, const at::Tensor& values) {
  const auto copy = [](const at::Tensor& packed, const PackedRow& row) {
    return packed.narrow(0, row.begin, row.length).clone(at::MemoryFormat::Contiguous);
  };
  for (PackedRow& row : rows_) {
    if (row.cache) row.cache->layers.push_back({copy(keys, row), copy(values, row)});
  }
}

std::vector<std::shared_ptr<const Cache>> Packing::take_caches() {
  std::vector<std::shared_ptr<const Cache>> caches;
  for (PackedRow& row : rows_) caches.push_back(std::move(row.cache));
  return caches;
}

}  // namespace manabi::model
