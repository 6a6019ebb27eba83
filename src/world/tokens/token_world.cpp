#include "world/tokens/token_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace manabi::world {

TextWorld::TextWorld(std::shared_ptr<const std::vector<int32_t>> tokens, int64_t vocabulary, int64_t length, uint64_t seed)
    : tokens_(std::move(tokens)), vocabulary_(vocabulary), length_(length), seed_(seed) {
  if (std::ssize(*tokens_) < length + 1)
    throw base::Error({.where = "context",
                       .given = fmt::format("a text of {} tokens for rows of {}", tokens_->size(), length + 1),
                       .expected = "a text that is longer than a row",
                       .hint = "shorten --context, or take more text"});
  const auto outside = std::ranges::find_if(*tokens_, [&](int32_t token) { return token < 0 || token >= vocabulary; });
  if (outside != tokens_->end())
    throw base::Error(
        {.given = fmt::format("token {} in the text", *outside), .expected = fmt::format("ids below the vocabulary of {}", vocabulary)});
}

void TextWorld::draw(int64_t step, int64_t row, TokenRow into) const {
  base::Rng rng = base::Rng(seed_).child("windows").child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const uint64_t begin = rng.below(tokens_->size() - static_cast<uint64_t>(length_));
  const auto first = tokens_->begin() + static_cast<std::ptrdiff_t>(begin);
  std::copy_n(first, length_, into.ids.begin());
  std::copy_n(first + 1, length_, into.targets.begin());
}

}  // namespace manabi::world
