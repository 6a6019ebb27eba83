#include "learn/generation/generate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "base/random.h"
#include "learn/generation/text_stream.h"

namespace manabi::learn {

void check(const GenerateOptions& options) {
  if (options.tokens < 0) {
    throw base::Error({.where = "tokens", .given = std::to_string(options.tokens), .expected = "how many tokens to generate, 0 or more"});
  }
  if (!(options.temperature >= 0) || std::isinf(options.temperature)) {
    throw base::Error({.where = "temperature",
                       .given = std::to_string(options.temperature),
                       .expected = "a number of at least 0",
                       .hint = "0 takes the likeliest token, 1 draws from the model's own distribution"});
  }
}

namespace {

std::vector<TokenId> encode_prompt(const model::Checkpoint& checkpoint, const std::string& prompt, BeginningToken beginning) {
  std::vector<TokenId> tokens = checkpoint.tokenizer->encode(prompt);
  add_beginning(tokens, beginning_of(*checkpoint.tokenizer, beginning));
  if (tokens.empty()) tokens.push_back(stand_in_for_context(*checkpoint.tokenizer, "prompt"));
  return tokens;
}

int64_t room_after(const std::vector<TokenId>& prompt, const model::Checkpoint& checkpoint) {
  const int64_t room = checkpoint.lm->context() - static_cast<int64_t>(prompt.size());
  if (room > 0) return room;
  throw base::Error({.where = "prompt",
                     .given = std::to_string(prompt.size()) + " tokens",
                     .expected = "fewer than " + std::to_string(checkpoint.lm->context()) + ", the context of " + checkpoint.name,
                     .hint = "shorten the prompt"});
}

// Reads a sequence bit by bit, keeping what it has read.
class Continuation {
 public:
  explicit Continuation(const model::CausalLM& lm) : lm_(lm) {}

  // Logits [V] of what follows the tokens read so far and these.
  std::span<const float> read(std::span<const TokenId> tokens) {
    const model::Row row{.tokens = tokens, .prefix = cache_, .wanted = {static_cast<int64_t>(tokens.size()) - 1}, .keeps_cache = true};
    const model::Forward forward = lm_.forward(std::span(&row, 1));
    cache_ = forward.caches.front();
    logits_ = lm_.logits(forward.hidden).to(at::kCPU, at::kFloat).contiguous();
    return {logits_.const_data_ptr<float>(), static_cast<size_t>(logits_.numel())};
  }

 private:
  const model::CausalLM& lm_;
  std::shared_ptr<const model::Cache> cache_;
  at::Tensor logits_;
};

TokenId likeliest(std::span<const float> logits) { return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin()); }

// The token where the cumulative probability passes `share`, 0 <= share < 1.
TokenId token_at_share(std::span<const float> logits, double temperature, double share) {
  const double largest = *std::ranges::max_element(logits);
  std::vector<double> cumulative(logits.size());
  double sum = 0;
  for (size_t token = 0; token < logits.size(); ++token) cumulative[token] = sum += std::exp((logits[token] - largest) / temperature);
  const auto token = std::ranges::upper_bound(cumulative, share * sum) - cumulative.begin();
  return static_cast<TokenId>(std::min<std::ptrdiff_t>(token, std::ssize(cumulative) - 1));  // share * sum may round up to sum
}

TokenId choose(std::span<const float> logits, const GenerateOptions& options, int64_t step) {
  if (options.temperature == 0) return likeliest(logits);
  const double share = base::Rng(options.seed).child("generate").child(static_cast<uint64_t>(step)).uniform();
  return token_at_share(logits, options.temperature, share);
}

}  // namespace

std::string generate(const model::Checkpoint& checkpoint, const std::string& prompt, const GenerateOptions& options,
                     const std::function<void(const std::string&)>& piece, const base::Watch& watch) {
  check(options);
  std::vector<TokenId> unread = encode_prompt(checkpoint, prompt, options.beginning);
  const int64_t steps = std::min(options.tokens, room_after(unread, checkpoint));

  Continuation continuation(*checkpoint.lm);
  TextStream stream(options.stop, piece);
  watch.begin("generating", steps);
  for (int64_t step = 0; step < steps; ++step) {
    watch.throw_if_cancelled();
    const TokenId next = choose(continuation.read(unread), options, step);
    if (next == checkpoint.tokenizer->eos() || !stream.push(checkpoint.tokenizer->bytes_of(next))) break;
    unread = {next};
    watch.advance();
  }
  stream.finish();
  watch.end();
  return stream.text();
}

}  // namespace manabi::learn
