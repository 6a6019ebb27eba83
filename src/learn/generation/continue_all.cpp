#include "learn/generation/continue_all.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "learn/generation/text_stream.h"

namespace manabi::learn {
namespace {

using text::TokenId;

// One prompt that is being continued.
struct Growing {
  std::vector<TokenId> unread;
  std::shared_ptr<const model::Cache> read;
  int64_t room = 0;  // tokens that may still follow
  TextStream stream;
  bool is_done = false;
};

class Continuations {
 public:
  Continuations(const model::CausalLM& lm, const text::Tokenizer& tokenizer) : lm_(lm), tokenizer_(tokenizer) {}

  void run(std::span<Growing> all, const base::Watch& watch) const {
    std::vector<Growing*> active;
    for (Growing& each : all)
      if (each.room > 0) active.push_back(&each);
    while (!active.empty()) {
      watch.throw_if_cancelled();
      step(active);
      std::erase_if(active, [](const Growing* each) { return each->is_done; });
    }
  }

 private:
  // One more token of each.
  void step(std::span<Growing* const> active) const {
    std::vector<model::Row> rows;
    for (const Growing* each : active)
      rows.push_back({.tokens = each->unread, .prefix = each->read, .wanted = {std::ssize(each->unread) - 1}, .keeps_cache = true});
    const model::Forward forward = lm_.forward(rows);
    const at::Tensor likeliest = lm_.logits(forward.hidden).argmax(-1).to(at::kCPU);
    const auto next = likeliest.accessor<int64_t, 1>();
    for (size_t i = 0; i < active.size(); ++i) {
      active[i]->read = forward.caches[i];
      take(*active[i], static_cast<TokenId>(next[static_cast<int64_t>(i)]));
    }
  }

  void take(Growing& growing, TokenId token) const {
    if (token == tokenizer_.eos()) {
      growing.is_done = true;
      return;
    }
    growing.unread = {token};
    growing.is_done = !growing.stream.push(tokenizer_.bytes_of(token)) || --growing.room == 0;
  }

  const model::CausalLM& lm_;
  const text::Tokenizer& tokenizer_;
};

std::vector<Growing> prompts_to_grow(std::span<const std::vector<TokenId>> prompts, const ContinueOptions& options, int64_t context) {
  std::vector<Growing> all;
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].empty() || std::ssize(prompts[i]) >= context)
      throw base::Error({.where = fmt::format("prompt {}", i),
                         .given = fmt::format("{} tokens", prompts[i].size()),
                         .expected = fmt::format("1 to {}: the model's context is {}", context - 1, context)});
    all.push_back(
        {.unread = prompts[i], .room = std::min(options.tokens, context - std::ssize(prompts[i])), .stream = TextStream(options.stop, {})});
  }
  return all;
}

}  // namespace

std::vector<std::string> continue_all(const model::CausalLM& lm, const text::Tokenizer& tokenizer, std::span<const std::vector<TokenId>> prompts,
                                      const ContinueOptions& options, const base::Watch& watch) {
  std::vector<Growing> all = prompts_to_grow(prompts, options, lm.context());
  const Continuations continuations(lm, tokenizer);
  watch.begin("answering", std::ssize(all));
  for (size_t first = 0; first < all.size();) {
    int64_t tokens = 0;
    size_t end = first;
    while (end < all.size() && (end == first || tokens + std::ssize(all[end].unread) <= options.token_budget))
      tokens += std::ssize(all[end++].unread);
    const std::span<Growing> some = std::span(all).subspan(first, end - first);
    continuations.run(some, watch);
    for (Growing& each : some) each.read.reset();
    watch.advance(std::ssize(some));
    first = end;
  }
  watch.end();
  std::vector<std::string> texts;
  for (Growing& each : all) {
    each.stream.finish();
    texts.push_back(each.stream.text());
  }
  return texts;
}

}  // namespace manabi::learn
