// The toy language model with the toy tokenizer, as one checkpoint.
#pragma once

#include <memory>
#include <utility>

#include "model/checkpoint.h"
#include "tests/support/toy_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::test {

inline model::Checkpoint toy_checkpoint(ToyTokenizer::Options options, int64_t context = 4096) {
  auto tokenizer = std::make_unique<ToyTokenizer>(std::move(options));
  auto lm = std::make_unique<ToyLM>(tokenizer->size(), context);
  return {.name = "toy", .path = "toy", .hash = "", .format = "toy", .lm = std::move(lm), .tokenizer = std::move(tokenizer)};
}

inline const ToyLM& toy_lm_of(const model::Checkpoint& checkpoint) { return static_cast<const ToyLM&>(*checkpoint.lm); }

}  // namespace manabi::test
