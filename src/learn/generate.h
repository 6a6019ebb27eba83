// Continues a prompt token by token: greedily, or drawn at a temperature.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/watch.h"
#include "learn/few_shot_reader.h"
#include "model/checkpoint.h"

namespace manabi::learn {

struct GenerateOptions {
  int64_t tokens = 64;       // at most this many
  double temperature = 0.0;  // 0 = greedy
  uint64_t seed = 0;
  std::string stop;          // ends (not included) where this text appears; "" = only at the end token
  BeginningToken beginning = BeginningToken::as_checkpoint;
};

// Calls `piece` with each new token's bytes as it comes; returns the whole continuation. Throws base::Error when the prompt leaves no room.
std::string generate(const model::Checkpoint& checkpoint, const std::string& prompt, const GenerateOptions& options,
                     const std::function<void(const std::string&)>& piece = {}, const base::Watch& watch = {});

}  // namespace manabi::learn
