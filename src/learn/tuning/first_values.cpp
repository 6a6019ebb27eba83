// Where the rows of a prompt or the keys and values of a prefix begin, when they begin as words of the model.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "learn/tuning/method.h"

namespace manabi::learn {
namespace {

constexpr int64_t kFrequentTokens = 5000;  // the lowest ids are the most frequent words (Lester et al. 2021)

std::vector<TokenId> from_vocabulary(const text::Tokenizer& tokenizer, int64_t count, base::Rng rng) {
  std::vector<TokenId> frequent, drawn;
  for (TokenId id = 0; id < static_cast<TokenId>(std::min(tokenizer.size(), kFrequentTokens)); ++id)
    if (!tokenizer.is_special(id)) frequent.push_back(id);
  const std::vector<int64_t> order = rng.permutation(std::ssize(frequent));
  for (int64_t i = 0; i < count; ++i) drawn.push_back(frequent[static_cast<size_t>(order[static_cast<size_t>(i) % order.size()])]);
  return drawn;
}

// One list of tokens a position: several where a row is the mean of some.
std::vector<std::vector<TokenId>> words_of(const MethodOptions& options, const text::Tokenizer& tokenizer,
                                           const std::vector<std::string>& labels, int64_t length, const base::Rng& rng) {
  std::vector<std::vector<TokenId>> words;
  if (options.first_rows == FirstRows::text) {
    const std::vector<TokenId> tokens = tokenizer.encode(options.text);
    if (tokens.empty()) throw base::Error({.where = "--init-text", .given = "no text", .expected = "words at which the rows begin"});
    for (int64_t i = 0; i < length; ++i) words.push_back({tokens[static_cast<size_t>(i) % tokens.size()]});
    return words;
  }
  if (options.first_rows == FirstRows::labels)
    for (const std::string& label : labels) words.push_back(tokenizer.encode(label));
  for (const TokenId id : from_vocabulary(tokenizer, length, rng.child("vocabulary"))) words.push_back({id});
  words.resize(static_cast<size_t>(length));
  return words;
}

at::Tensor rows_of(const model::FrozenNetwork& network, const std::vector<std::vector<TokenId>>& words) {
  std::vector<at::Tensor> rows;
  for (const std::vector<TokenId>& tokens : words) rows.push_back(network.embedded(tokens).mean(0));
  return at::stack(rows);
}

// Keys and values of the words, read one behind the other: [P, 2 L G E].
at::Tensor keys_and_values_of(const model::CausalLM& lm, const std::vector<std::vector<TokenId>>& words) {
  std::vector<TokenId> tokens;
  for (const std::vector<TokenId>& word : words) tokens.push_back(word.front());
  const model::Row row{.tokens = tokens, .wanted = {}, .keeps_cache = true};
  std::vector<at::Tensor> layers;
  const std::shared_ptr<const model::Cache> cache = lm.forward({&row, 1}).caches[0];
  for (const tensor::KeyValueRun& run : cache->layers) layers.push_back(at::stack({run.keys.to(at::kFloat), run.values.to(at::kFloat)}, 1));
  return at::stack(layers, 1).flatten(1);
}

// Normal numbers, of the deviation of each column of `like` [P, C] over its rows and neighbours.
at::Tensor random_like(const at::Tensor& like, base::Rng rng) {
  const at::Tensor drawn = at::zeros(like.sizes(), at::kFloat);
  rng.add_normals(1, {drawn.data_ptr<float>(), static_cast<size_t>(drawn.numel())});
  return drawn.to(like.device()) * like.square().mean().sqrt();
}

}  // namespace

Tuning::SetFirstValues first_values(const MethodOptions& options, const model::FrozenNetwork& network, const model::Checkpoint& checkpoint,
                                    const std::vector<std::string>& labels, const std::vector<uint64_t>& seeds) {
  const model::TunedParts parts = options.parts(network);
  const bool is_prompt = parts.prompt.has_value();
  const bool has_table = is_prompt ? parts.prompt->encoder == model::PromptEncoder::none : parts.prefix && parts.prefix->encoder_width == 0;
  if (!has_table) return nullptr;
  std::vector<at::Tensor> tables;
  for (size_t replica = 0; replica < seeds.size(); ++replica) {
    const base::Rng rng = base::Rng(seeds[replica]).child("first rows");
    const int64_t length = options.lengths[replica % options.lengths.size()];
    const auto words = words_of(options, *checkpoint.tokenizer, labels, length, rng);
    at::Tensor table = is_prompt ? rows_of(network, words) : keys_and_values_of(*checkpoint.lm, words);
    tables.push_back(options.first_rows == FirstRows::random ? random_like(table, rng.child("random")) : table);
  }
  return [tables, name = std::string(is_prompt ? "prompt.table" : "prefix.table")](tensor::ParameterBuffer& parameters) {
    for (size_t replica = 0; replica < tables.size(); ++replica) {
      at::Tensor whole = parameters.view(name).select(0, static_cast<int64_t>(replica));
      whole.zero_();
      whole.narrow(0, 0, tables[replica].size(0)).copy_(tables[replica]);
    }
  };
}

}  // namespace manabi::learn
