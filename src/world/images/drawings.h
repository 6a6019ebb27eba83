// Characters as several people drew them: what the classes of an image world are made of.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace manabi::world {

// Letters: S side of an image.
struct Drawings {
  std::string name;                     // "omniglot": how cells call them
  std::string source;                   // where they come from, and their licence, for the report
  int64_t side = 0;                     // S
  int64_t exemplars = 0;                // drawings of one character
  std::vector<std::string> characters;  // their names
  std::vector<uint8_t> ink;             // [characters, exemplars, S, S]: 0 paper to 255 ink

  std::span<const uint8_t> drawing(int64_t character, int64_t exemplar) const {  // [S, S]
    const auto pixels = static_cast<size_t>(side * side);
    return std::span(ink).subspan(static_cast<size_t>(character * exemplars + exemplar) * pixels, pixels);
  }
  std::string hash() const;  // of everything that an image can depend on
};

// An image of `side` x `side` pixels as one of `to` x `to`: each new pixel is the mean of the area that it covers.
std::vector<uint8_t> area_scaled(std::span<const uint8_t> image, int64_t side, int64_t to);

}  // namespace manabi::world
