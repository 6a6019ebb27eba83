#include "model/packing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace manabi::model {
namespace {

[[noreturn]] void refuse(size_t row, const std::string& given, const std::string& expected, const std::string& hint = "") {
  throw base::Error({.where = fmt::format("row {}", row), .given = given, .expected = expected, .hint = hint});
}

int64_t length_of(const Row& row) { return row.states.defined() ? row.states.size(0) : std::ssize(row.tokens); }

void check_states(const Row& row, size_t index, const CausalLM& lm, const Passage& passage) {
  if (!row.states.defined()) {
    if (passage.first_layer != 0)
      refuse(index, fmt::format("tokens for a pass that begins at block {}", passage.first_layer), "states that enter this block");
    return;
  }
  if (!row.tokens.empty()) refuse(index, "tokens and states", "one of them");
  if (row.states.dim() != 2 || row.states.size(0) < 1 || row.states.size(1) != lm.width())
    refuse(index, fmt::format("states [{}]", fmt::join(row.states.sizes(), ", ")), fmt::format("[T, {}], T at least 1", lm.width()));
  if (row.keeps_cache && passage.first_layer > 0)
    refuse(index, fmt::format("a cache of a pass that begins at block {}", passage.first_layer), "one of a pass through all blocks");
}

void check_tokens(const Row& row, size_t index, const CausalLM& lm) {
  if (length_of(row) == 0) refuse(index, "no tokens", "at least one");
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
    if (offset <= last || offset >= length_of(row)) {
      refuse(index, fmt::format("wanted offset {} after {}", offset, last), fmt::format("ascending offsets below {}", length_of(row)));
    }
    last = offset;
  }
}

void check_end(const Row& row, size_t index, const CausalLM& lm) {
  const int64_t end = (row.prefix ? row.prefix->end() : 0) + length_of(row);
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
  cache->length = length_of(row);
  return cache;
}

// How many of a row's tokens are computed.
int64_t needed_length(const Row& row) {
  if (row.keeps_cache) return length_of(row);
  return row.wanted.empty() ? 0 : row.wanted.back() + 1;
}

at::Tensor to_tensor(const std::vector<int64_t>& values, at::Device device) { return at::tensor(values, at::kLong).to(device); }

}  // namespace

Packing::Packing(std::span<const Row> rows, const CausalLM& lm, const Passage& passage) {
  if (passage.first_layer < 0 || passage.first_layer > lm.layers())
    throw base::Error({.given = fmt::format("a pass that begins at block {}", passage.first_layer),
                       .expected = fmt::format("0 to {}, the number of blocks", lm.layers())});
  for (size_t index = 0; index < rows.size(); ++index) {
    check_states(rows[index], index, lm, passage);
    add(rows[index], index, lm);
  }
  const at::Device device = lm.compute().device;
  tokens_ = to_tensor(token_list_, device);
  positions_ = to_tensor(position_list_, device);
  wanted_ = to_tensor(wanted_list_, device);

  std::vector<at::Tensor> states;
  for (size_t index = 0; index < rows.size(); ++index) {
    if (rows[index].states.defined() != rows.front().states.defined())
      refuse(index, "states beside rows of tokens (or the other way round)", "all rows of a call alike");
    if (rows[index].states.defined()) states.push_back(rows[index].states.narrow(0, 0, rows_[index].length));
  }
  if (!states.empty()) states_ = at::cat(states).to(device, lm.compute().dtype);
}

void Packing::add(const Row& row, size_t index, const CausalLM& lm) {
  check_tokens(row, index, lm);
  check_wanted(row, index);
  check_end(row, index, lm);

  PackedRow packed{.begin = std::ssize(position_list_),
                   .length = needed_length(row),
                   .first_wanted = row.wanted.empty() ? -1 : row.wanted.front(),
                   .wanted_begin = wanted_list_.size(),
                   .wanted_count = row.wanted.size(),
                   .earlier = chain_of(row, index, lm),
                   .cache = row.keeps_cache ? new_cache(row) : nullptr,
                   .prefix = row.prefix};
  const int64_t first_position = row.prefix ? row.prefix->end() : 0;
  for (const int64_t offset : row.wanted) {
    wanted_list_.push_back(packed.begin + offset);
    wanted_positions_.push_back(first_position + offset);
  }
  for (int64_t offset = 0; offset < packed.length; ++offset) {
    if (!row.states.defined()) token_list_.push_back(row.tokens[static_cast<size_t>(offset)]);
    position_list_.push_back(first_position + offset);
  }
  rows_.push_back(std::move(packed));
}

std::vector<Packing::Place> Packing::places() const {
  std::vector<Place> places;
  for (size_t index = 0; index < rows_.size(); ++index) {
    const PackedRow& row = rows_[index];
    if (row.length == 0) continue;
    places.push_back({.row = index,
                      .begin = row.begin,
                      .length = row.length,
                      .positions = std::span(position_list_).subspan(static_cast<size_t>(row.begin), static_cast<size_t>(row.length)),
                      .wanted = std::span(wanted_positions_).subspan(row.wanted_begin, row.wanted_count),
                      .first_wanted = static_cast<int64_t>(row.wanted_begin)});
  }
  return places;
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
