// Continues a prompt token by token: greedily, or drawn at a temperature.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/watch.h"
#include "learn/scoring/beginning.h"
#include "model/checkpoint.h"

namespace manabi::learn {

struct GenerateOptions {
  int64_t tokens = 64;       // at most this many
  double temperature = 0.0;  // 0 = greedy
  uint64_t seed = 0;
  std::string stop;  // ends (not included) where this text appears; "" = only at the end token
  BeginningToken beginning = BeginningToken::as_checkpoint;
};

// Throws base::Error for a negative count and a temperature that is not a number of at least 0.
void check(const GenerateOptions& options);

// Returns the continuation; `piece` receives it bit by bit as it comes, whole characters only (text_stream.h). Ends at the end token, the stop
// text, after `tokens` or where the context is full. A draw is a pure function of the seed. The watch counts tokens. Throws base::Error for
// what check() refuses and for a prompt that leaves no room.
std::string generate(const model::Checkpoint& checkpoint, const std::string& prompt, const GenerateOptions& options,
                     const std::function<void(const std::string&)>& piece = {}, const base::Watch& watch = {});

}  // namespace manabi::learn
