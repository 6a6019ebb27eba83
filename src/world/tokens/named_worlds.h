// Worlds of token sequences that need no file: they have a name, a size of rows and words.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "world/tokens/token_world.h"

namespace manabi::world {

struct NamedWorld {
  std::string name;
  std::string description;         // one line
  int64_t version = 1;             // raised when a row of it changes
  std::string asked;               // what a row asks for: "label"
  int64_t usual_length = 0;        // of a row
  std::vector<std::string> words;  // by token id
  // Throws base::Error for a length that rows cannot have.
  std::function<std::shared_ptr<const TokenWorld>(int64_t length, uint64_t seed)> make;
};

std::vector<NamedWorld> named_worlds();

}  // namespace manabi::world
