#include "world/few_shot/abstract_labels.h"

#include <algorithm>
#include <span>

namespace manabi::world {

std::vector<std::string> symbols_of(Symbols kind, int64_t classes) {
  std::vector<std::string> symbols;
  switch (kind) {
    case Symbols::numbers:
      for (int64_t number = 0; number < classes; ++number) symbols.push_back(std::to_string(number));
      break;
    case Symbols::letters:
      for (char letter = 'A'; letter <= 'Z'; ++letter) symbols.emplace_back(1, letter);
      break;
    case Symbols::symbols:
      symbols = {"@", "#", "$", "%", "*", "^"};
      symbols.resize(static_cast<size_t>(std::min<int64_t>(classes, 6)));
      break;
  }
  return symbols;
}

std::vector<std::string> draw_symbols(Symbols kind, int64_t classes, base::Rng rng) {
  std::vector<std::string> symbols = symbols_of(kind, classes);
  rng.shuffle(std::span<std::string>(symbols));
  symbols.resize(static_cast<size_t>(classes));
  return symbols;
}

}  // namespace manabi::world
